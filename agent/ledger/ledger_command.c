/* `phigate-agent ledger`: what the ledger says, from its files alone; the agent may be running. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "config.h"
#include "file.h"
#include "keys.h"
#include "leaf.h"
#include "registry.h"
#include "tiles.h"
#include "tlog_proof.h"

struct look {
	const struct config *config;
	char *dir;
	struct tiles_reader reader;
	struct tlog_vkey vkey;
	struct buf note;
	struct tlog_checkpoint checkpoint;
};

/* The checkpoint as it is now, which this agent's key has signed. */
static enum rc look_open(struct look *l, const struct config *config, struct why *why)
{
	struct buf text;
	enum rc rc;

	*l = (struct look){.config = config, .dir = path_join(config->state_dir, "ledger"), .reader = {.dir_fd = -1}};
	buf_init(&l->note, TLOG_CHECKPOINT_MAX);
	buf_init(&text, 1024);
	rc = l->dir ? key_vkey(config->state_dir, config->name, &text, why) : RC_NOMEM;
	if (rc == RC_OK)
		rc = tlog_vkey_parse(buf_slice(&text), &l->vkey, why);
	if (rc == RC_OK)
		rc = tiles_reader_open(&l->reader, l->dir, why);
	if (rc == RC_OK && tiles_read_checkpoint(&l->reader, &l->note) != RC_OK)
		rc = why_set(why, RC_NOT_FOUND, "%s: there is no checkpoint", l->dir);
	if (rc == RC_OK)
		rc = tlog_checkpoint_open(buf_slice(&l->note), &l->vkey, &l->checkpoint, why);
	l->reader.size = l->checkpoint.size;
	buf_free(&text);
	return rc;
}

static void look_close(struct look *l)
{
	tiles_reader_close(&l->reader);
	buf_free(&l->note);
	free(l->dir);
}

/* ---- checkpoint, prove ----------------------------------------------------------------------------------------------------- */

static enum rc print_checkpoint(struct look *l, int argc, char **argv, struct why *why)
{
	(void)argc;
	(void)argv;
	(void)why;
	fwrite(l->note.data, 1, l->note.len, stdout);
	return RC_OK;
}

static bool parse_number(const char *text, uint64_t *out)
{
	char *end;

	*out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end;
}

/* The close leaf of a session's part, from the registry. */
static enum rc find_close(struct look *l, const char *id, uint64_t part, uint64_t *index, struct why *why)
{
	char *path = path_join(l->dir, "registry.sqlite");
	struct registry_part known = {0};
	struct registry *r = NULL;
	enum rc rc = path ? registry_open(path, &r, why) : RC_NOMEM;

	if (rc == RC_OK) {
		rc = registry_find(r, slice_str(id), part, &known);
		if (rc == RC_NOT_FOUND || (rc == RC_OK && !known.closed))
			rc = why_set(why, RC_NOT_FOUND, known.opened ? "session %s, part %llu is not closed" :
				     "the ledger knows no session %s with a part %llu", id, (unsigned long long)part);
	}
	*index = known.close_at;
	registry_close(r);
	free(path);
	return rc;
}

/* prove N | prove SESSION [PART] */
static enum rc print_proof(struct look *l, int argc, char **argv, struct why *why)
{
	struct tlog_proof proof = {.checkpoint = buf_slice(&l->note)};
	uint64_t part = 1;
	struct buf text;
	enum rc rc = RC_OK;

	if (argc == 2 && !parse_number(argv[1], &part))
		return why_set(why, RC_BAD, "%s is no number of a part", argv[1]);
	if (!parse_number(argv[0], &proof.index))
		rc = find_close(l, argv[0], part, &proof.index, why);
	if (rc == RC_OK && proof.index >= l->checkpoint.size)
		rc = why_set(why, RC_NOT_FOUND, "the ledger has %llu leaves", (unsigned long long)l->checkpoint.size);
	if (rc != RC_OK)
		return rc;
	buf_init(&text, TLOG_PROOF_MAX);
	rc = tlog_prove_inclusion(tiles_read_hash, &l->reader, proof.index, l->checkpoint.size, &proof.path);
	if (rc == RC_OK)
		rc = tlog_proof_write(&proof, &text);
	if (rc == RC_OK)
		fwrite(text.data, 1, text.len, stdout);
	else
		why_set(why, rc, "the ledger cannot prove its leaf %llu; run: phigate-agent ledger check", (unsigned long long)proof.index);
	buf_free(&text);
	return rc;
}

/* ---- check ------------------------------------------------------------------------------------------------------------------- */

struct checking {
	struct look *look;
	struct tlog_edge edge;
	struct registry *seen;                   /* made anew from the leaves, in memory */
	uint64_t kinds[LEAF_KINDS], unknown, open;
	struct why *why;
};

static enum rc damaged(struct checking *c, uint64_t index, const char *what)
{
	return why_set(c->why, RC_BAD, "%s: leaf %llu: %s", c->look->dir, (unsigned long long)index, what);
}

static enum rc check_leaf(struct checking *c, struct slice text)
{
	uint64_t index = c->edge.size, other;
	struct tlog_hash hash, stored;
	struct leaf leaf;
	enum rc rc;

	tlog_leaf(text, &hash);
	tlog_edge_add(&c->edge, 0, &hash);
	rc = tiles_read_hash(&c->look->reader, 0, index, &stored);
	if (rc != RC_OK || !tlog_same(&hash, &stored))
		return damaged(c, index, "the tile has another hash");
	if (leaf_parse(text, &leaf) != RC_OK) {
		c->unknown++;
		return RC_OK;
	}
	c->kinds[leaf.kind]++;
	rc = registry_check(c->seen, &leaf, &other);
	if (rc != RC_OK)
		return rc == RC_IO ? rc : damaged(c, index, "it contradicts what stands before it");
	return registry_add(c->seen, &leaf, index);
}

static enum rc check_leaves(struct checking *c)
{
	uint64_t size = c->look->checkpoint.size;
	struct slice rest, leaf;
	struct buf entries;
	enum rc rc = registry_begin(c->seen);

	buf_init(&entries, TILES_ENTRIES_MAX);
	while (rc == RC_OK && c->edge.size < size) {
		buf_clear(&entries);
		rc = tiles_read_entries(&c->look->reader, c->edge.size >> TLOG_TILE_BITS, &entries);
		if (rc != RC_OK)
			rc = damaged(c, c->edge.size, "the tile of leaves from there on is missing or damaged");
		rest = buf_slice(&entries);
		while (rc == RC_OK && tiles_next_entry(&rest, &leaf) == RC_OK)
			rc = check_leaf(c, leaf);
	}
	if (rc == RC_OK)
		rc = registry_commit(c->seen, size);
	buf_free(&entries);
	return rc;
}

/* Every tile above the leaves has the roots of those below. */
static enum rc check_tiles(struct checking *c)
{
	struct tlog_hash root;
	enum rc rc = RC_OK;

	for (unsigned level = 1; level < TLOG_TILE_LEVELS && rc == RC_OK; level++) {
		uint64_t n = c->look->checkpoint.size >> TLOG_TILE_BITS * level;

		for (uint64_t i = 0; i < n && rc == RC_OK; i++) {
			struct tlog_hash stored, below[2];
			unsigned under = TLOG_TILE_BITS * level - 1;

			rc = tiles_read_hash(&c->look->reader, TLOG_TILE_BITS * level, i, &stored);
			if (rc == RC_OK)
				rc = tiles_read_hash(&c->look->reader, under, 2 * i, &below[0]);
			if (rc == RC_OK)
				rc = tiles_read_hash(&c->look->reader, under, 2 * i + 1, &below[1]);
			if (rc == RC_OK)
				tlog_node(&below[0], &below[1], &below[0]);
			if (rc != RC_OK || !tlog_same(&below[0], &stored))
				rc = damaged(c, i << TLOG_TILE_BITS * level, "a tile above it is missing or has another hash");
		}
	}
	tlog_edge_root(&c->edge, &root);
	if (rc == RC_OK && !tlog_same(&root, &c->look->checkpoint.root))
		rc = why_set(c->why, RC_BAD, "%s: the leaves are not those that the checkpoint was signed for", c->look->dir);
	return rc;
}

static void name_open(void *arg, const char *id, uint64_t part, uint64_t open_at)
{
	struct checking *c = arg;

	if (c->open++ == 0)
		printf("open without close:\n");
	printf("  session %s part %llu, opened by leaf %llu\n", id, (unsigned long long)part, (unsigned long long)open_at);
}

static void tell(const struct checking *c)
{
	printf("%s: %llu leaves, as the checkpoint says\n", c->look->checkpoint.origin, (unsigned long long)c->look->checkpoint.size);
	for (int kind = 0; kind < LEAF_KINDS; kind++)
		if (c->kinds[kind])
			printf("  %8llu %s\n", (unsigned long long)c->kinds[kind], leaf_kind_name((enum leaf_kind)kind));
	if (c->unknown)
		printf("  %8llu of kinds that this version does not know\n", (unsigned long long)c->unknown);
}

/* check [CHECKPOINT-FILE…]: all again; and the tree of each checkpoint that somebody has kept is the beginning of this one. */
static enum rc check_kept(struct look *l, const char *path, struct why *why)
{
	struct tlog_checkpoint kept;
	struct tlog_path proof;
	struct buf note;
	enum rc rc;

	buf_init(&note, TLOG_CHECKPOINT_MAX);
	rc = file_read(path, &note, why);
	if (rc == RC_OK)
		rc = tlog_checkpoint_open(buf_slice(&note), &l->vkey, &kept, why);
	if (rc == RC_OK && kept.size > l->checkpoint.size)
		rc = why_set(why, RC_BAD, "it is of %llu leaves, and the ledger has only %llu: it has gone back",
			     (unsigned long long)kept.size, (unsigned long long)l->checkpoint.size);
	if (rc == RC_OK)
		rc = tlog_prove_consistency(tiles_read_hash, &l->reader, kept.size, l->checkpoint.size, &proof);
	if (rc == RC_OK && !tlog_check_consistency(kept.size, &kept.root, l->checkpoint.size, &l->checkpoint.root, &proof))
		rc = why_set(why, RC_BAD, "the ledger's first %llu leaves are others than those it was signed for", (unsigned long long)kept.size);
	if (rc == RC_OK)
		printf("%s: its %llu leaves are the ledger's first\n", path, (unsigned long long)kept.size);
	buf_free(&note);
	return why_file(why, rc, path);
}

static enum rc check(struct look *l, int argc, char **argv, struct why *why)
{
	struct checking c = {.look = l, .why = why};
	enum rc rc = registry_open(":memory:", &c.seen, why);

	if (rc == RC_OK)
		rc = check_leaves(&c);
	if (rc == RC_OK)
		rc = check_tiles(&c);
	if (rc == RC_OK) {
		tell(&c);
		rc = registry_each_open(c.seen, name_open, &c);
	}
	registry_close(c.seen);
	for (int i = 0; i < argc && rc == RC_OK; i++)
		rc = check_kept(l, argv[i], why);
	return rc;
}

/* ---- the command --------------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int least, most;                         /* arguments */
	enum rc (*run)(struct look *l, int argc, char **argv, struct why *why);
} DEEDS[] = {
	{"checkpoint", 0, 0, print_checkpoint},
	{"prove", 1, 2, print_proof},
	{"check", 0, 64, check},
};
#define N_DEEDS (sizeof DEEDS / sizeof *DEEDS)

static int run(int argc, char **argv)
{
	const char *path = COMMAND_CONFIG_DEFAULT;
	struct config *config = NULL;
	struct why why = {0};
	struct look look;
	size_t deed = 0;
	enum rc rc;

	if (command_option(&argc, argv, "--config", &path) != RC_OK || argc < 2)
		return command_usage(&cmd_ledger, "what is it to do?");
	while (deed < N_DEEDS && strcmp(argv[1], DEEDS[deed].name) != 0)
		deed++;
	if (deed == N_DEEDS || argc - 2 < DEEDS[deed].least || argc - 2 > DEEDS[deed].most)
		return command_usage(&cmd_ledger, "it takes prove N or prove SESSION [PART], check [CHECKPOINT…], or checkpoint");
	if (config_load(path, &config, &why) != RC_OK)
		return command_failed(RC_BAD, &why);
	rc = look_open(&look, config, &why);
	if (rc == RC_OK)
		rc = DEEDS[deed].run(&look, argc - 2, argv + 2, &why);
	look_close(&look);
	config_free(config);
	if (rc == RC_OK)
		return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
	(void)command_failed(rc, &why);
	return EXIT_FAILED;
}

const struct command cmd_ledger = {
	.name = "ledger", .args = "[--config FILE] prove N | prove SESSION [PART] | check [CHECKPOINT…] | checkpoint",
	.help = "prove what the ledger has, or check all of it", .run = run,
};
