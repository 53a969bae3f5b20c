#include "coverage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle_about.h"
#include "encode.h"
#include "file.h"
#include "json.h"
#include "leaf.h"
#include "tlog_proof.h"

#define FILE_MAX ((size_t)64 << 20)
#define ITEMS_MAX ((size_t)1 << 20)
#define KEYS_MAX 32
#define NAME_MAX_BYTES 72

/* A receipt, or a bundle. */
struct item {
	char session[NAME_MAX_BYTES], agent[NAME_MAX_BYTES], at[32];
	bool close;
	int part;
	unsigned char sum[SHA256_LEN];           /* of a receipt: the first index line's (open), or that of SHA256SUMS (close) */
	struct bundle_marks marks;               /* of a bundle */
};

struct items {
	struct item *all;
	size_t n, cap;
};

struct coverage {
	struct items receipts, bundles;
};

static struct item *more(struct items *items)
{
	if (items->n == items->cap) {
		size_t cap = items->cap ? 2 * items->cap : 64;
		struct item *all = cap <= ITEMS_MAX ? realloc(items->all, cap * sizeof *all) : NULL;

		if (!all)
			return NULL;
		items->all = all;
		items->cap = cap;
	}
	items->all[items->n] = (struct item){0};
	return &items->all[items->n++];
}

/* ---- receipts ---------------------------------------------------------------------------------------------------------------- */

static bool parse_leaf(const char *text, struct item *item)
{
	struct leaf leaf;

	if (leaf_parse(slice_str(text), &leaf) != RC_OK || (leaf.kind != LEAF_OPEN && leaf.kind != LEAF_CLOSE) ||
	    hex_decode(leaf.field[2], item->sum, SHA256_LEN) != RC_OK)
		return false;
	snprintf(item->session, sizeof item->session, "%.*s", (int)leaf.field[0].n, leaf.field[0].p);
	item->close = leaf.kind == LEAF_CLOSE;
	item->part = (int)leaf_number(leaf.field[1]);
	return item->part > 0;
}

static bool read_keys(const char *text, struct tlog_vkey keys[KEYS_MAX], size_t *n)
{
	for (*n = 0; *text && *n < KEYS_MAX; text += strcspn(text, "\n"), text += *text == '\n') {
		struct slice line = {text, strcspn(text, "\n")};

		if (line.n && *line.p != '#' && tlog_vkey_parse(line, &keys[(*n)++], NULL) != RC_OK)
			return false;
	}
	return *n > 0;
}

static enum rc read_receipt(struct coverage *c, struct slice line, const char *ledger, struct why *why)
{
	cJSON *tree = json_parse(line);
	const char *agent = json_text(tree, "agent"), *at = json_text(tree, "at"), *leaf = json_text(tree, "leaf"), *proof = json_text(tree, "proof");
	const char *vkey = json_text(tree, "vkey");
	struct item *item = more(&c->receipts);
	struct tlog_checkpoint checkpoint;
	struct tlog_vkey keys[KEYS_MAX];
	char origin[NAME_MAX_BYTES + 8];
	uint64_t index;
	size_t n = 0;
	enum rc rc = RC_OK;

	if (!item)
		rc = RC_NOMEM;
	else if (!agent || !at || !leaf || !proof || !vkey || strlen(agent) >= sizeof item->agent || strlen(at) >= sizeof item->at || !parse_leaf(leaf, item))
		rc = why_set(why, RC_BAD, "is no receipt");
	else if (!read_keys(ledger ? ledger : vkey, keys, &n))
		rc = why_set(why, RC_BAD, "--ledger names something that is no key of a ledger");
	if (rc == RC_OK) {
		rc = tlog_proof_check(slice_str(proof), slice_str(leaf), keys, n, &checkpoint, &index, why);
		rc = rc == RC_DENIED ? RC_BAD : rc;
		snprintf(origin, sizeof origin, "phigate/%s", agent);
		snprintf(item->agent, sizeof item->agent, "%s", agent);
		snprintf(item->at, sizeof item->at, "%s", at);
	}
	if (rc == RC_OK && strcmp(checkpoint.origin, origin) != 0)
		rc = why_set(why, RC_BAD, "is from the ledger of another agent");
	cJSON_Delete(tree);
	return rc;
}

enum rc coverage_read(const char *path, const char *ledger, struct coverage **out, struct why *why)
{
	struct coverage *c = *out = calloc(1, sizeof *c);
	struct buf text;
	size_t number = 0;
	enum rc rc = c ? RC_OK : RC_NOMEM;

	buf_init(&text, FILE_MAX);
	if (rc == RC_OK)
		rc = file_read(path, &text, why);
	for (const char *at = text.data, *end = at + text.len, *lf; rc == RC_OK && at && at < end; at = lf + 1) {
		struct why what = {0};

		number++;
		lf = memchr(at, '\n', (size_t)(end - at));
		lf = lf ? lf : end;
		rc = read_receipt(c, (struct slice){at, (size_t)(lf - at)}, ledger, &what);
		if (rc != RC_OK)
			why_set(why, rc, "%s: line %zu: %s", path, number, rc == RC_NOMEM ? "no memory" : what.text);
	}
	if (rc == RC_OK && !c->receipts.n)
		rc = why_set(why, RC_BAD, "%s: there is no receipt", path);
	buf_free(&text);
	return rc;
}

void coverage_free(struct coverage *c)
{
	if (!c)
		return;
	free(c->receipts.all);
	free(c->bundles.all);
	free(c);
}

/* ---- bundles ----------------------------------------------------------------------------------------------------------------- */

enum rc coverage_add(struct coverage *c, const struct bundle *b)
{
	struct item *item = more(&c->bundles);
	struct bundle_about about = {0};
	enum rc rc = item ? bundle_about_read(bundle_session(b), &about, NULL) : RC_NOMEM;

	if (rc == RC_OK) {
		snprintf(item->session, sizeof item->session, "%s", about.id);
		snprintf(item->agent, sizeof item->agent, "%s", about.agent);
		item->part = (int)about.part;
		item->marks = *bundle_marks(b);
	}
	bundle_about_free(&about);
	return rc;
}

static const struct item *find_bundle(const struct coverage *c, const struct item *receipt, int part)
{
	for (size_t i = 0; i < c->bundles.n; i++) {
		const struct item *b = &c->bundles.all[i];

		if (b->part == part && strcmp(b->session, receipt->session) == 0 && strcmp(b->agent, receipt->agent) == 0)
			return b;
	}
	return NULL;
}

/* NULL: it is covered. */
static const char *lacks(const struct coverage *c, const struct item *receipt)
{
	const struct item *b = find_bundle(c, receipt, receipt->part);

	for (int part = 1; receipt->close && part < receipt->part; part++)
		if (!find_bundle(c, receipt, part))
			return "a part of it is not among the bundles";
	if (!b)
		return receipt->close && receipt->part > 1 ? "its last part is not among the bundles" : "it is not among the bundles";
	if (memcmp(receipt->close ? b->marks.sums : b->marks.first, receipt->sum, SHA256_LEN) != 0)
		return receipt->close ? "the bundle is not as it was when it was closed" : "the bundle begins otherwise than it did when it was opened";
	return NULL;
}

static int by_session(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int n = strcmp(x->agent, y->agent);

	return n ? n : (n = strcmp(x->session, y->session)) ? n : x->close - y->close;
}

size_t coverage_judge(struct coverage *c, coverage_on_missing *on_missing, void *arg, size_t *sessions)
{
	size_t missing = 0;

	*sessions = 0;
	qsort(c->receipts.all, c->receipts.n, sizeof *c->receipts.all, by_session);
	for (size_t i = 0, next; i < c->receipts.n; i = next) {
		const struct item *first = &c->receipts.all[i];
		const char *why = NULL;

		for (next = i; next < c->receipts.n && strcmp(c->receipts.all[next].session, first->session) == 0 &&
		     strcmp(c->receipts.all[next].agent, first->agent) == 0; next++)
			why = why ? why : lacks(c, &c->receipts.all[next]);
		++*sessions;
		if (!why)
			continue;
		missing++;
		on_missing(arg, &(struct missing){first->session, first->agent, first->at, why});
	}
	return missing;
}
