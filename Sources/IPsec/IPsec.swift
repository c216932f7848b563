// The IPsec room.
