// The Scenario room.
