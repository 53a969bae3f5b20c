/* The ledger's part of a pack: every leaf of the period, what stood before them, and how they lead to the checkpoint. */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "encode.h"
#include "json.h"
#include "jsonput.h"
#include "pack_private.h"

typedef enum rc on_leaf(struct pack_work *w, uint64_t index, struct slice text);

/* The leaves from one to before another. */
static enum rc each_leaf(struct pack_work *w, uint64_t from, uint64_t to, on_leaf *fn)
{
	struct slice rest, text;
	struct buf entries;
	uint64_t index = from - from % TLOG_TILE;
	enum rc rc = RC_OK;

	buf_init(&entries, TILES_ENTRIES_MAX);
	while (rc == RC_OK && index < to) {
		buf_clear(&entries);
		rc = tiles_read_entries(&w->reader, index >> TLOG_TILE_BITS, &entries);
		rest = buf_slice(&entries);
		while (rc == RC_OK && index < to && tiles_next_entry(&rest, &text) == RC_OK) {
			if (index >= from)
				rc = fn(w, index, text);
			index++;
		}
	}
	buf_free(&entries);
	return rc;
}

/* ---- the range ------------------------------------------------------------------------------------------------------------------ */

static enum rc find_range(struct pack_work *w, uint64_t index, struct slice text)
{
	struct leaf leaf;
	int64_t ns = 0;
	bool is_timed = leaf_parse(text, &leaf) == RC_OK && leaf_time(&leaf, &ns);

	if (is_timed)
		w->range.within = ns >= w->from_ns && ns < w->to_ns;
	if (w->range.within && !w->range.any) {
		w->range.any = true;
		w->range.first = w->range.timed;
	}
	if (w->range.within)
		w->range.end = index + 1;
	if (is_timed && !w->range.any)
		w->range.timed = index + 1;
	return RC_OK;
}

enum rc pack_ledger_begin(struct pack_work *w, struct why *why)
{
	enum rc rc = ledger_reader(w->place->ledger, &w->reader, &w->note, &w->checkpoint, why);

	if (rc == RC_OK && each_leaf(w, 0, w->checkpoint.size, find_range) != RC_OK)
		rc = why_set(why, RC_IO, "the leaves of the ledger cannot be read; on the model's host run: phigate-agent ledger check");
	w->from = w->range.any ? w->range.first : w->range.timed;
	w->to = w->range.any ? w->range.end : w->range.timed;
	return rc;
}

/* ---- leaves ---------------------------------------------------------------------------------------------------------------------- */

static const char *field(const struct leaf *leaf, size_t i, char out[264])
{
	snprintf(out, 264, "%.*s", (int)leaf->field[i].n, leaf->field[i].p);
	return out;
}

/* What the fields of a change are called. */
static const struct {
	enum leaf_kind kind;
	const char *what, *fields[LEAF_FIELDS];
} CHANGES[] = {
	{LEAF_START, "the agent was started", {"version", "program_sha256", "at"}},
	{LEAF_STOP, "the agent was stopped", {"at"}},
	{LEAF_CONFIG, "agent.yaml in force", {"sha256", "at"}},
	{LEAF_POLICY, "policy in force", {"policy", "sha256", "at"}},
	{LEAF_REVOKE, "a session was revoked", {"session", "by", "at"}},
	{LEAF_LIST, "an auditor looked at the list of sessions", {"by", "at"}},
	{LEAF_FETCH, "a bundle was fetched", {"session", "part", "by", "at"}},
};

static enum rc put_change(struct pack_work *w, uint64_t index, const struct leaf *leaf)
{
	struct buf *out = &w->out[PACK_CHANGES].text;
	char text[264];

	for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
		if (CHANGES[i].kind != leaf->kind)
			continue;
		jsonput_open(out, NULL, '{');
		jsonput_number(out, "index", (int64_t)index);
		jsonput_text(out, "kind", leaf_kind_name(leaf->kind));
		jsonput_text(out, "what", CHANGES[i].what);
		for (size_t k = 0; k < LEAF_FIELDS && CHANGES[i].fields[k]; k++)
			jsonput_text(out, CHANGES[i].fields[k], field(leaf, k, text));
		jsonput_close(out, '}');
		return pack_out_line(w, PACK_CHANGES);
	}
	return RC_OK;
}

/* A hold that the store no longer has: what the ledger knows of it. */
static enum rc put_forgotten(struct pack_work *w, const struct leaf *leaf)
{
	struct buf *out = &w->out[PACK_APPROVALS].text;
	bool approve = slice_is(leaf->field[1], "approve"), cancel = slice_is(leaf->field[1], "cancel");
	char text[264];

	if (keyset_find(&w->holds, leaf->field[0]))
		return RC_OK;
	jsonput_open(out, NULL, '{');
	jsonput_text(out, "id", field(leaf, 0, text));
	jsonput_text(out, "state", cancel ? "cancelled" : approve ? "approved" : "denied");
	jsonput_flag(out, "from_the_ledger", true);
	jsonput_open(out, "decisions", '[');
	jsonput_open(out, NULL, '{');
	jsonput_text(out, "decision", cancel ? "cancelled" : approve ? "approved" : "denied");
	jsonput_text(out, "user", field(leaf, 2, text));
	jsonput_text(out, "at", field(leaf, 3, text));
	jsonput_close(out, '}');
	jsonput_close(out, ']');
	jsonput_close(out, '}');
	return pack_out_line(w, PACK_APPROVALS);
}

static enum rc put_leaf(struct pack_work *w, uint64_t index, struct slice text)
{
	struct buf *out = &w->out[PACK_LEAVES].text;
	struct leaf leaf;
	enum rc rc;

	jsonput_open(out, NULL, '{');
	jsonput_number(out, "index", (int64_t)index);
	buf_puts(out, ",\"leaf\":");
	json_add_string(out, text);
	jsonput_close(out, '}');
	rc = pack_out_line(w, PACK_LEAVES);
	if (rc != RC_OK || leaf_parse(text, &leaf) != RC_OK)
		return rc;
	return leaf.kind == LEAF_HOLD ? put_forgotten(w, &leaf) : put_change(w, index, &leaf);
}

/* ---- proofs ---------------------------------------------------------------------------------------------------------------------- */

static void put_hash(struct buf *out, const char *key, const struct tlog_hash *hash)
{
	char hex[SHA256_HEX];

	hex_encode(hash->b, SHA256_LEN, hex);
	jsonput_text(out, key, hex);
}

/* The right edge of the tree before the first leaf: a hash for each bit of its size, the smallest first. */
static enum rc put_edge(struct pack_work *w, struct buf *out)
{
	enum rc rc = RC_OK;

	jsonput_open(out, "edge", '[');
	for (unsigned level = 0; level < 63 && rc == RC_OK; level++) {
		struct tlog_hash hash;

		if (!(w->from >> level & 1))
			continue;
		rc = tiles_read_hash(&w->reader, level, (w->from >> level) - 1, &hash);
		put_hash(out, NULL, &hash);
	}
	jsonput_close(out, ']');
	return rc;
}

static enum rc put_root(struct pack_work *w, struct buf *out, const char *key, uint64_t size)
{
	struct tlog_hash root;
	enum rc rc = tlog_root(tiles_read_hash, &w->reader, size, &root);

	put_hash(out, key, &root);
	return rc;
}

static enum rc put_consistency(struct pack_work *w, struct buf *out, const char *key, uint64_t from, uint64_t to)
{
	struct tlog_path path = {0};
	enum rc rc = from && from < to ? tlog_prove_consistency(tiles_read_hash, &w->reader, from, to, &path) : RC_OK;

	jsonput_open(out, key, '[');
	for (size_t i = 0; i < path.n; i++)
		put_hash(out, NULL, &path.hash[i]);
	jsonput_close(out, ']');
	return rc;
}

static enum rc put_proofs(struct pack_work *w)
{
	const struct notary_facts *facts = ledger_facts(w->place->ledger);
	struct buf *out = &w->out[PACK_LEDGER].text;
	enum rc rc;

	jsonput_open(out, NULL, '{');
	jsonput_text(out, "origin", facts->origin);
	jsonput_text(out, "vkey", facts->vkey);
	jsonput_number(out, "from", (int64_t)w->from);
	jsonput_number(out, "to", (int64_t)w->to);
	jsonput_number(out, "size", (int64_t)w->checkpoint.size);
	rc = put_root(w, out, "from_root", w->from);
	if (rc == RC_OK)
		rc = put_root(w, out, "to_root", w->to);
	if (rc == RC_OK)
		rc = put_edge(w, out);
	if (rc == RC_OK)
		rc = put_consistency(w, out, "consistency", w->from, w->to);
	if (rc == RC_OK)
		rc = put_consistency(w, out, "onward", w->to, w->checkpoint.size);
	jsonput_close(out, '}');
	return rc == RC_OK ? pack_out_line(w, PACK_LEDGER) : rc;
}

enum rc pack_ledger_write(struct pack_work *w, struct why *why)
{
	enum rc rc = each_leaf(w, w->from, w->to, put_leaf);

	if (rc == RC_OK)
		rc = put_proofs(w);
	if (rc == RC_OK)
		rc = buf_add_slice(&w->out[PACK_CHECKPOINT].text, buf_slice(&w->note));
	return rc == RC_OK || rc == RC_NOMEM ? rc : why_set(why, RC_IO, "the ledger cannot be read; on the model's host run: phigate-agent ledger check");
}
