/* The ledger's part of a pack: are all leaves of the period there, do they lead to the signed checkpoint, and do the lists tell of each? */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "encode.h"
#include "json.h"
#include "leaf.h"
#include "pack_verify_private.h"

/* ---- the leaves ----------------------------------------------------------------------------------------------------------- */

/* Its fields as text; those that it does not have are empty. */
struct leaf_text {
	const char *kind;
	char field[LEAF_FIELDS][264];
};

static void text_of(const struct leaf *leaf, struct leaf_text *out)
{
	out->kind = leaf_kind_name(leaf->kind);
	for (size_t i = 0; i < LEAF_FIELDS; i++)
		snprintf(out->field[i], sizeof out->field[i], "%.*s", (int)leaf->field[i].n, leaf->field[i].p ? leaf->field[i].p : "");
}

/* What the lists must tell of a leaf. */
static enum rc expect(struct verification *v, const char *kind, const char *a, const char *b, const char *c, const char *what)
{
	if (!(pack_told(v, kind, a, b, c) & SAID_LIST))
		FAIL(v, CHECK_LISTS, "the ledger tells of %s %.64s %.64s, the lists do not", what, a, b);
	return pack_note(v, SAID_LEDGER, kind, a, b, c);
}

static enum rc leaf_open(struct verification *v, const struct leaf_text *leaf, const char *index)
{
	(void)index;
	if (strcmp(leaf->field[1], "1") != 0)
		return RC_OK;
	if (pack_in_period(v, leaf->field[3]))
		return expect(v, "session", leaf->field[0], "", "", "the opening of session");
	return pack_note(v, SAID_LEDGER, "session", leaf->field[0], "", "");
}

static enum rc leaf_close(struct verification *v, const struct leaf_text *leaf, const char *index)
{
	enum rc rc = pack_note(v, SAID_LEDGER, "part", leaf->field[0], leaf->field[1], "");

	(void)index;
	return rc == RC_OK ? pack_note(v, SAID_LEDGER, "sums", leaf->field[0], leaf->field[1], leaf->field[2]) : rc;
}

static enum rc leaf_hold(struct verification *v, const struct leaf_text *leaf, const char *index)
{
	bool cancel = strcmp(leaf->field[1], "cancel") == 0;

	(void)index;
	v->figures.approvals += strcmp(leaf->field[1], "approve") == 0;
	v->figures.denials += strcmp(leaf->field[1], "deny") == 0;
	return pack_in_period(v, leaf->field[3]) ? expect(v, "hold", leaf->field[0], leaf->field[1], cancel ? "" : leaf->field[2], "hold") : RC_OK;
}

static enum rc leaf_review(struct verification *v, const struct leaf_text *leaf, const char *index)
{
	(void)index;
	return pack_in_period(v, leaf->field[3]) ? expect(v, "review", leaf->field[0], leaf->field[1], leaf->field[2], "a review of session") : RC_OK;
}

static enum rc leaf_emergency(struct verification *v, const struct leaf_text *leaf, const char *index)
{
	(void)index;
	return pack_in_period(v, leaf->field[1]) ? expect(v, "emergency", leaf->field[0], "", "", "emergency access in session") : RC_OK;
}

static enum rc leaf_change(struct verification *v, const struct leaf_text *leaf, const char *index)
{
	return expect(v, "change", index, leaf->kind, "", "leaf");
}

#define FIGURE(name) offsetof(struct pack_figures, name)
#define NONE ((size_t)-1)

static const struct {
	size_t figure;
	enum rc (*look)(struct verification *v, const struct leaf_text *leaf, const char *index);
} KINDS[LEAF_KINDS] = {
	[LEAF_OPEN] = {NONE, leaf_open}, [LEAF_CLOSE] = {NONE, leaf_close}, [LEAF_HOLD] = {NONE, leaf_hold}, [LEAF_REVIEW] = {NONE, leaf_review},
	[LEAF_EMERGENCY] = {NONE, leaf_emergency},
	[LEAF_POLICY] = {FIGURE(policies), leaf_change}, [LEAF_CONFIG] = {FIGURE(configurations), leaf_change},
	[LEAF_START] = {FIGURE(starts), leaf_change}, [LEAF_STOP] = {FIGURE(stops), leaf_change},
	[LEAF_REVOKE] = {FIGURE(revocations), leaf_change}, [LEAF_LIST] = {FIGURE(listed), leaf_change},
	[LEAF_FETCH] = {FIGURE(fetched), leaf_change},
};

static enum rc look_at(struct verification *v, struct slice text, const char *index)
{
	struct leaf_text words;
	struct leaf leaf;
	enum rc rc = leaf_parse(text, &leaf);

	if (rc == RC_NOT_FOUND)                          /* a later agent's, which nothing here tells of */
		return RC_OK;
	if (rc != RC_OK) {
		FAIL(v, CHECK_LEDGER, "leaf %s is not what an agent writes", index);
		return RC_OK;
	}
	if (!KINDS[leaf.kind].look)
		return RC_OK;
	if (KINDS[leaf.kind].figure != NONE)
		++*(uint64_t *)((char *)&v->figures + KINDS[leaf.kind].figure);
	text_of(&leaf, &words);
	return KINDS[leaf.kind].look(v, &words, index);
}

/* The root is made only where a bundle tells of one. */
static void compare(struct verification *v)
{
	struct tlog_hash root;

	if (v->next_state == v->n_states || v->states[v->next_state].size > v->edge.size)
		return;
	tlog_edge_root(&v->edge, &root);
	pack_inside_compare(v, v->edge.size, &root);
}

static enum rc on_leaf(void *arg, const cJSON *row, struct why *why)
{
	struct verification *v = arg;
	const char *text = json_text(row, "leaf");
	struct tlog_hash hash;
	char number[24];
	int64_t index = -1;

	if (!text || !json_int(row, "index", &index) || (uint64_t)index != v->edge.size)
		return why_set(why, RC_BAD, "ledger.jsonl: after leaf %llu another one than the next", (unsigned long long)v->edge.size);
	tlog_leaf(slice_str(text), &hash);
	tlog_edge_add(&v->edge, 0, &hash);
	compare(v);
	v->figures.leaves++;
	snprintf(number, sizeof number, "%lld", (long long)index);
	return look_at(v, slice_str(text), number);
}

/* ---- the ledger ----------------------------------------------------------------------------------------------------------- */

static bool read_hashes(const cJSON *list, struct tlog_hash *out, size_t max, size_t *n)
{
	const cJSON *item;

	*n = 0;
	if (!list)
		return false;
	cJSON_ArrayForEach(item, list) {
		const char *hex = cJSON_GetStringValue(item);

		if (*n == max || !hex || hex_decode(slice_str(hex), out[*n].b, SHA256_LEN) != RC_OK)
			return false;
		++*n;
	}
	return true;
}

struct ledger_said {
	int64_t from, to, size;
	struct tlog_hash from_root, to_root;
	struct tlog_path between, onward;        /* from the first size to the second, and from there to the checkpoint's */
};

/* The edge of the tree before the first leaf: one hash for each bit of its size, the smallest first. */
static bool read_edge(const cJSON *tree, struct verification *v, const struct ledger_said *said)
{
	struct tlog_hash hashes[64], root;
	size_t n, at = 0;

	v->edge = (struct tlog_edge){.size = (uint64_t)said->from};
	if (!read_hashes(json_array(tree, "edge"), hashes, 64, &n))
		return false;
	for (unsigned i = 0; i < 63; i++)
		if (v->edge.size >> i & 1) {
			if (at == n)
				return false;
			v->edge.node[i] = hashes[at++];
		}
	tlog_edge_root(&v->edge, &root);
	return at == n && tlog_same(&root, &said->from_root);
}

static bool read_ledger(const cJSON *tree, struct ledger_said *said)
{
	const char *from_root = json_text(tree, "from_root"), *to_root = json_text(tree, "to_root");

	return json_int(tree, "from", &said->from) && json_int(tree, "to", &said->to) && json_int(tree, "size", &said->size) &&
		said->from >= 0 && said->from <= said->to && said->to <= said->size && from_root && to_root &&
		hex_decode(slice_str(from_root), said->from_root.b, SHA256_LEN) == RC_OK &&
		hex_decode(slice_str(to_root), said->to_root.b, SHA256_LEN) == RC_OK &&
		read_hashes(json_array(tree, "consistency"), said->between.hash, TLOG_PATH_MAX, &said->between.n) &&
		read_hashes(json_array(tree, "onward"), said->onward.hash, TLOG_PATH_MAX, &said->onward.n);
}

enum rc pack_open_note(struct verification *v, const char *named, struct slice note, struct tlog_checkpoint *out, struct why *why)
{
	const char *text = v->trust->ledger_key ? v->trust->ledger_key : named;
	enum rc rc = why_set(why, RC_BAD, "there is no key");
	char origin[TLOG_NAME_MAX + 16];
	struct tlog_vkey vkey;

	while (text && *text && rc != RC_OK) {
		struct slice line = {text, strcspn(text, "\n")};

		text += line.n + (text[line.n] == '\n');
		if (line.n && line.p[0] != '#' && (rc = tlog_vkey_parse(line, &vkey, why)) == RC_OK)
			rc = tlog_checkpoint_open(note, &vkey, out, why);
	}
	snprintf(origin, sizeof origin, "phigate/%.120s", v->agent);
	if (rc == RC_OK && strcmp(out->origin, origin) != 0)
		rc = why_set(why, RC_DENIED, "it is that of %s, not of agent %s", out->origin, v->agent);
	return rc;
}

static enum rc check_leaves(struct verification *v, const struct ledger_said *said, const struct tlog_checkpoint *checkpoint)
{
	unsigned long long from = (unsigned long long)said->from, to = (unsigned long long)said->to, size = checkpoint->size;
	struct tlog_hash root;
	enum rc rc = pack_read_list(v, PACK_LEAVES, on_leaf, CHECK_LEDGER);

	tlog_edge_root(&v->edge, &root);
	if (v->edge.size != to || !tlog_same(&root, &said->to_root))
		FAIL(v, CHECK_LEDGER, "ledger.jsonl does not have the leaves from %llu to %llu as they were", from, to);
	if (!tlog_check_consistency(from, &said->from_root, to, &said->to_root, &said->between))
		FAIL(v, CHECK_LEDGER, "the ledger of %llu leaves is not the beginning of that of %llu", from, to);
	if ((uint64_t)said->size != checkpoint->size ||
	    !tlog_check_consistency(to, &said->to_root, checkpoint->size, &checkpoint->root, &said->onward))
		FAIL(v, CHECK_LEDGER, "the ledger of %llu leaves is not the beginning of what the checkpoint was signed for", to);
	v->figures.ledger_size = size;
	if (v->trust->ledger_key)
		pack_say(v, CHECK_LEDGER, BUNDLE_HOLDS, "leaves %llu to %llu are all there, and lead to the signed checkpoint of %llu", from, to, size);
	else
		pack_say(v, CHECK_LEDGER, BUNDLE_SKIPPED, "leaves %llu to %llu are all there, and lead to the checkpoint of %llu by the key that the pack "
		    "names; --ledger says whether that is the agent's", from, to, size);
	return rc;
}

enum rc pack_check_ledger(struct verification *v)
{
	struct tlog_checkpoint checkpoint = {0};
	struct ledger_said said = {0};
	struct buf text, note_text;
	struct why why = {0};
	cJSON *tree = NULL;
	enum rc rc;

	buf_init(&text, PACK_ABOUT_MAX);
	buf_init(&note_text, PACK_ABOUT_MAX);
	rc = pack_read(v->p, PACK_LEDGER, &text);
	if (rc == RC_OK)
		rc = pack_read(v->p, PACK_CHECKPOINT, &note_text);
	if (rc != RC_OK)
		goto out;
	tree = json_parse(buf_slice(&text));
	if (!read_ledger(tree, &said) || !read_edge(tree, v, &said)) {
		FAIL(v, CHECK_LEDGER, "ledger.json is not what an agent writes");
		goto out;
	}
	if (pack_open_note(v, json_text(tree, "vkey"), buf_slice(&note_text), &checkpoint, &why) != RC_OK)
		FAIL(v, CHECK_LEDGER, "ledger.checkpoint: %s", why.text);
	rc = pack_inside_begin(v, json_text(tree, "vkey"));
	if (rc == RC_OK) {
		compare(v);
		rc = check_leaves(v, &said, &checkpoint);
	}
	if (rc == RC_OK)
		pack_inside_compare(v, checkpoint.size, &checkpoint.root);
out:
	cJSON_Delete(tree);
	buf_free(&text);
	buf_free(&note_text);
	return rc;
}
