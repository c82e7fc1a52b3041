"""Who sells, and who may manage what. A shop with one store never notices that there could be more."""
