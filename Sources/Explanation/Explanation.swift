// The Explanation room.
