"""Who people are: the e-mail user, registration, login and tokens. What they may do in a store is for `stores`."""
