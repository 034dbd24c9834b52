/* own_pair.h - certificates that vouch for themselves, and their keys, in files of a directory of their own. */
#ifndef TESTS_FEDERATOR_OWN_PAIR_H
#define TESTS_FEDERATOR_OWN_PAIR_H

struct own_pair {
	char dir[64], certificate[80], key[80];
};

/* Make the directory. */
void own_pair_begin(struct own_pair *p);
/* Write a new certificate and its key, as rename() puts them in place. `days` until it expires; negative: since. */
void own_pair_write(const struct own_pair *p, int days);
/* The same, good from so many days from now on until so many. */
void own_pair_write_dated(const struct own_pair *p, int from_days, int until_days);
/* Only a new key. */
void own_pair_write_key(const struct own_pair *p);
/* Remove all. */
void own_pair_end(const struct own_pair *p);

#endif
