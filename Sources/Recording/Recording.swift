// The Recording room.
