// The IKE room.
