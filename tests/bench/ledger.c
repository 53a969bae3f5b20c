/* What the ledger's store does: a million leaves in batches, the last thousand one at a time, and opening it again.
 * Usage: ledger FOLDER, on the disk that counts; prints {"leaves","seconds","one_ms","first_ms","open_ms"}: one_ms for a leaf with its own
 * checkpoint at the end, first_ms at the beginning. */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "sshkey.h"
#include "tiles.h"

#define LEAVES 1000000
#define BATCH 4096
#define SINGLE 200

static void must(enum rc rc)
{
	if (rc == RC_OK)
		return;
	fprintf(stderr, "ledger: %s\n", rc_name(rc));
	exit(1);
}

static void add(struct tiles *t, int n)
{
	char leaf[200];

	while (n-- > 0) {
		int size = snprintf(leaf, sizeof leaf, "phigate-head-v1\n01KB0000000000000000000000\n1\n%064llx\n%llu\n",
				    (unsigned long long)tiles_size(t), (unsigned long long)tiles_size(t));

		must(tiles_add(t, (struct slice){leaf, (size_t)size}));
	}
	must(tiles_commit(t));
}

/* Milliseconds for a leaf that has a checkpoint of its own. */
static double single(struct tiles *t)
{
	int64_t began_ns = clock_mono_ns();

	for (int i = 0; i < SINGLE; i++)
		add(t, 1);
	return (double)(clock_mono_ns() - began_ns) / SINGLE / 1e6;
}

int main(int argc, char **argv)
{
	struct tiles *t;
	EVP_PKEY *key;
	double first_ms, seconds, one_ms;
	int64_t began_ns;

	if (argc != 2)
		return 2;
	must(sshkey_generate_ed25519(&key));
	must(tiles_open(argv[1], "phigate/bench", key, &t, NULL));
	first_ms = single(t);
	began_ns = clock_mono_ns();
	for (int n = 0; n < LEAVES; n += BATCH)
		add(t, BATCH);
	seconds = (double)(clock_mono_ns() - began_ns) / 1e9;
	one_ms = single(t);
	tiles_close(t);
	began_ns = clock_mono_ns();
	must(tiles_open(argv[1], "phigate/bench", key, &t, NULL));
	printf("{\"leaves\":%llu,\"seconds\":%.1f,\"one_ms\":%.2f,\"first_ms\":%.2f,\"open_ms\":%.2f}\n", (unsigned long long)tiles_size(t), seconds,
	       one_ms, first_ms, (double)(clock_mono_ns() - began_ns) / 1e6);
	tiles_close(t);
	EVP_PKEY_free(key);
	return 0;
}
