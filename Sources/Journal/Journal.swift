// The Journal room.
