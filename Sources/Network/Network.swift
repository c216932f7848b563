// The Network room.
