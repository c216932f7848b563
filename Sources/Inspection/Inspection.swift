// The Inspection room.
