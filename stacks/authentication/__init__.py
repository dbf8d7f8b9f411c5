"""Sign-in: the user pool, the applications that send people to it, and credentials of AWS for who is signed in."""
