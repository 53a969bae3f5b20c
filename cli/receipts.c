#include "receipts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "file.h"
#include "json.h"
#include "leaf.h"
#include "signin.h"
#include "tlog_proof.h"

#define PIN_MAX_BYTES ((size_t)128 << 10)
#define KEYS_MAX 8
#define ROUNDS 8                                 /* other commands of this user may move the pin meanwhile */

/* One agent's ledger as it was seen last. */
struct pin {
	bool there;
	char vkey[320];
	struct buf note;
	struct tlog_checkpoint checkpoint;
};

struct taking {
	struct control *control;
	const struct agent_entry *agent;
	char *dir, *pin_path;
	int lock_fd;
	struct pin pin;
	const char *leaf, *proof, *vkey;         /* of the answer; borrowed */
	struct slice note;                       /* in proof */
	struct tlog_vkey by;                     /* who signed it */
	struct tlog_checkpoint checkpoint;
};

/* ---- what is kept ------------------------------------------------------------------------------------------------------------ */

static enum rc lock(struct taking *t, struct why *why)
{
	char *path = path_join(t->dir, "lock");

	t->lock_fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	free(path);
	if (t->lock_fd < 0)
		return why_set(why, RC_IO, "%s: cannot make the lock file: %s", t->dir, strerror(errno));
	while (flock(t->lock_fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return why_set(why, RC_IO, "%s: cannot lock: %s", t->dir, strerror(errno));
	return RC_OK;
}

static void unlock(struct taking *t)
{
	if (t->lock_fd >= 0)
		close(t->lock_fd);
	t->lock_fd = -1;
}

/* The agent's name is letters, digits, dots, dashes and underscores (config.h). */
static enum rc open_dir(struct taking *t, struct why *why)
{
	char name[96], *state = signin_dir(why);
	enum rc rc;

	t->dir = state ? path_join(state, "receipts") : NULL;
	free(state);
	if (!t->dir)
		return RC_NOMEM;
	snprintf(name, sizeof name, "%s.json", t->agent->name);
	rc = dir_make(t->dir, 0700, why);
	t->pin_path = path_join(t->dir, name);
	return rc == RC_OK && !t->pin_path ? RC_NOMEM : rc;
}

static void forget(struct pin *pin)
{
	buf_free(&pin->note);
	*pin = (struct pin){0};
	buf_init(&pin->note, TLOG_CHECKPOINT_MAX);
}

static enum rc read_pin(struct taking *t, struct why *why)
{
	const char *vkey, *note;
	struct buf text;
	cJSON *tree;
	enum rc rc;

	forget(&t->pin);
	buf_init(&text, PIN_MAX_BYTES);
	rc = file_read(t->pin_path, &text, why);
	tree = rc == RC_OK ? json_parse(buf_slice(&text)) : NULL;
	vkey = json_text(tree, "vkey");
	note = json_text(tree, "checkpoint");
	if (rc == RC_OK && (!vkey || !note || strlen(vkey) >= sizeof t->pin.vkey || buf_puts(&t->pin.note, note) != RC_OK ||
			    tlog_checkpoint_parse(buf_slice(&t->pin.note), &t->pin.checkpoint, NULL) != RC_OK))
		rc = why_set(why, RC_BAD, "%s is damaged; it tells how the ledger of %s was seen last", t->pin_path, t->agent->name);
	if (rc == RC_OK) {
		snprintf(t->pin.vkey, sizeof t->pin.vkey, "%s", vkey);
		t->pin.there = true;
	}
	cJSON_Delete(tree);
	buf_free(&text);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc write_pin(const struct taking *t, struct why *why)
{
	struct buf text, vkey;
	enum rc rc;

	buf_init(&text, PIN_MAX_BYTES);
	buf_init(&vkey, 512);
	rc = tlog_vkey_text(&t->by, &vkey);
	buf_puts(&text, "{\"vkey\":");
	json_add_string(&text, buf_slice(&vkey));
	buf_puts(&text, ",\"checkpoint\":");
	json_add_string(&text, t->note);
	if (buf_puts(&text, "}\n") != RC_OK)
		rc = text.rc;
	if (rc == RC_OK)
		rc = file_write(t->pin_path, buf_slice(&text), 0600, why);
	buf_free(&text);
	buf_free(&vkey);
	return rc;
}

/* At the end of the file, which is moved aside when it is full. */
static enum rc append(const struct taking *t, const char *session, struct why *why)
{
	char *path = path_join(t->dir, "receipts.jsonl"), *former = path_join(t->dir, "receipts.1.jsonl"), at[CLOCK_TEXT];
	struct buf line;
	struct stat st;
	enum rc rc;
	int fd = -1;

	buf_init(&line, TLOG_PROOF_MAX * 2);
	buf_printf(&line, "{\"at\":\"%s\",\"agent\":", clock_text_s(clock_wall_s(), at));
	json_add_str(&line, t->agent->name);
	buf_puts(&line, ",\"session\":");
	json_add_str(&line, session);
	buf_puts(&line, ",\"leaf\":");
	json_add_str(&line, t->leaf);
	buf_puts(&line, ",\"proof\":");
	json_add_str(&line, t->proof);
	buf_puts(&line, ",\"vkey\":");
	json_add_str(&line, t->vkey);
	rc = path && former ? buf_puts(&line, "}\n") : RC_NOMEM;
	if (rc == RC_OK && stat(path, &st) == 0 && (size_t)st.st_size + line.len > RECEIPTS_MAX_BYTES && rename(path, former) != 0)
		rc = RC_IO;
	if (rc == RC_OK) {
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
		rc = fd < 0 ? RC_IO : fd_write_all(fd, line.data, line.len);
	}
	if (rc == RC_OK && fsync(fd) != 0)
		rc = RC_IO;
	if (rc == RC_IO)
		why_set(why, rc, "%s: the receipt cannot be kept: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	buf_free(&line);
	free(path);
	free(former);
	return rc;
}

/* ---- what contradicts -------------------------------------------------------------------------------------------------------- */

/* Two checkpoints by one key that cannot both be true are the evidence: they are kept beside. */
static enum rc contradiction(const struct taking *t, const char *what, struct why *why)
{
	char name[96], *path;
	struct buf text;

	snprintf(name, sizeof name, "%s.conflict.json", t->agent->name);
	path = path_join(t->dir, name);
	buf_init(&text, PIN_MAX_BYTES);
	buf_puts(&text, "{\"kept\":");
	json_add_string(&text, buf_slice(&t->pin.note));
	buf_puts(&text, ",\"told\":");
	json_add_string(&text, t->note);
	if (!path || buf_puts(&text, "}\n") != RC_OK || file_write(path, buf_slice(&text), 0600, NULL) != RC_OK)
		fprintf(stderr, "phigate: warning: the two checkpoints cannot be kept beside the receipts\n");
	why_set(why, RC_CONFLICT, "the ledger of %s %s. Sessions may be missing from it, or it tells others something else: do not use this agent, and show %s to "
		"your auditor. Only when the operator explains it, remove %s", t->agent->name, what, path ? path : name, t->pin_path);
	buf_free(&text);
	free(path);
	return RC_CONFLICT;
}

static enum rc read_path(const cJSON *answer, struct tlog_path *path)
{
	const cJSON *hash, *list = json_array(answer, "consistency");
	enum rc rc = list ? RC_OK : RC_BAD;

	path->n = 0;
	cJSON_ArrayForEach(hash, list) {
		struct buf bytes;

		buf_init(&bytes, 64);
		if (rc != RC_OK || path->n == TLOG_PATH_MAX || !cJSON_IsString(hash) || base64_decode(slice_str(hash->valuestring), &bytes) != RC_OK ||
		    bytes.len != SHA256_LEN)
			rc = RC_BAD;
		else
			memcpy(path->hash[path->n++].b, bytes.data, SHA256_LEN);
		buf_free(&bytes);
	}
	return rc;
}

/* One of two trees is the beginning of the other, as the agent proves. */
static enum rc compare(struct taking *t, struct why *why)
{
	const struct tlog_checkpoint *a = &t->pin.checkpoint, *b = &t->checkpoint;
	const struct tlog_checkpoint *old = a->size < b->size ? a : b, *new = a->size < b->size ? b : a;
	struct tlog_path path = {0};
	cJSON *answer = NULL;
	char target[96];
	enum rc rc;

	if (!old->size)
		return RC_OK;
	if (old->size == new->size)
		return tlog_same(&old->root, &new->root) ? RC_OK : contradiction(t, "is another one than before", why);
	snprintf(target, sizeof target, "/v1/ledger?from=%llu&to=%llu", (unsigned long long)old->size, (unsigned long long)new->size);
	rc = control_call(t->control, "GET", target, NULL, &answer, why);
	if (rc == RC_OK)
		rc = read_path(answer, &path);
	cJSON_Delete(answer);
	if (rc == RC_UNREACHABLE || rc == RC_NOMEM || rc == RC_IO || rc == RC_TOO_BIG)
		return rc;
	if (rc != RC_OK || !tlog_check_consistency(old->size, &old->root, new->size, &new->root, &path))
		return contradiction(t, a->size > b->size ? "has gone back, or is another one than before" : "is another one than before", why);
	return RC_OK;
}

/* ---- taking ------------------------------------------------------------------------------------------------------------------ */

/* Keys that may have signed: those of client.yaml; else the one that was seen first; else the one that the agent names now. */
static enum rc read_keys(const struct taking *t, struct tlog_vkey keys[KEYS_MAX], size_t *n, struct why *why)
{
	const struct text_list *configured = &t->agent->ledger_keys;
	enum rc rc = RC_OK;

	*n = 0;
	for (size_t i = 0; i < configured->n && i < KEYS_MAX && rc == RC_OK; i++)
		rc = tlog_vkey_parse(slice_str(configured->item[i]), &keys[(*n)++], why);
	if (rc == RC_OK && !*n)
		rc = tlog_vkey_parse(slice_str(t->pin.there ? t->pin.vkey : t->vkey), &keys[(*n)++], why);
	return rc;
}

static bool is_leaf_of(const char *text, const char *session, enum receipt_of what)
{
	struct leaf leaf;

	return leaf_parse(slice_str(text), &leaf) == RC_OK && leaf.kind == (what == RECEIPT_CLOSE ? LEAF_CLOSE : LEAF_OPEN) &&
	       slice_is(leaf.field[0], session);
}

static enum rc check(struct taking *t, const char *session, enum receipt_of what, struct why *why)
{
	struct tlog_vkey keys[KEYS_MAX];
	struct tlog_proof proof = {0};
	uint64_t index;
	char origin[80];
	size_t n;
	enum rc rc = read_keys(t, keys, &n, why);

	snprintf(origin, sizeof origin, "phigate/%s", t->agent->name);
	if (rc == RC_OK)
		rc = tlog_proof_check(slice_str(t->proof), slice_str(t->leaf), keys, n, &t->checkpoint, &index, why);
	if (rc == RC_DENIED)
		return why_set(why, RC_CONFLICT, "the ledger of %s is signed by another key than %s. Only when its operator says that the key was changed, put the new one "
			       "into client.yaml (ledger_key) or remove %s", t->agent->name, t->agent->ledger_keys.n ? "client.yaml says" : "before", t->pin_path);
	if (rc == RC_OK && (!is_leaf_of(t->leaf, session, what) || strcmp(t->checkpoint.origin, origin) != 0))
		rc = why_set(why, RC_BAD, "it is of something else");
	if (rc == RC_OK)
		rc = tlog_proof_parse(slice_str(t->proof), &proof, why);
	t->note = proof.checkpoint;
	for (size_t i = 0; i < n && rc == RC_OK; i++)
		if (tlog_checkpoint_open(t->note, &keys[i], &t->checkpoint, NULL) == RC_OK)
			t->by = keys[i];
	return rc;
}

/* With the lock: the pin goes on when it is still the one that was compared with. RC_AGAIN: it is not. */
static enum rc keep(struct taking *t, const char *session, enum receipt_of what, struct why *why)
{
	uint64_t compared = t->pin.checkpoint.size;
	bool there = t->pin.there;
	enum rc rc = lock(t, why);

	if (rc == RC_OK)
		rc = read_pin(t, why);
	if (rc == RC_OK && (t->pin.there != there || t->pin.checkpoint.size != compared))
		rc = RC_AGAIN;
	if (rc == RC_OK && (!there || t->checkpoint.size > compared))
		rc = write_pin(t, why);
	if (rc == RC_OK && what != RECEIPT_RENEW)
		rc = append(t, session, why);
	unlock(t);
	return rc;
}

static enum rc take(struct taking *t, const char *session, enum receipt_of what, struct why *why)
{
	enum rc rc = RC_AGAIN;

	for (int i = 0; i < ROUNDS && rc == RC_AGAIN; i++) {
		rc = read_pin(t, why);
		if (rc != RC_OK)
			return rc;
		if (!t->proof && !t->pin.there && !t->agent->ledger_keys.n)
			return RC_OK;                    /* an agent that never gave one */
		if (!t->proof)
			return why_set(why, RC_CONFLICT, "%s gives no receipt from its ledger, as it did before", t->agent->name);
		rc = check(t, session, what, why);
		if (rc == RC_BAD) {
			struct why reason = *why;

			return why_set(why, RC_CONFLICT, "the receipt of %s does not hold: %.400s", t->agent->name, reason.text);
		}
		if (rc == RC_OK && t->pin.there)
			rc = compare(t, why);
		if (rc == RC_OK)
			rc = keep(t, session, what, why);
	}
	return rc == RC_AGAIN ? why_set(why, RC_IO, "%s: other commands do not stop to change it", t->dir) : rc;
}

enum rc receipts_take(struct control *control, const struct agent_entry *agent, const cJSON *answer, const char *session, enum receipt_of what,
		      struct why *why)
{
	const cJSON *receipt = json_object(answer, "receipt");
	struct taking t = {.control = control, .agent = agent, .lock_fd = -1, .leaf = json_text(receipt, "leaf"), .proof = json_text(receipt, "proof"),
			   .vkey = json_text(receipt, "vkey")};
	enum rc rc;

	buf_init(&t.pin.note, TLOG_CHECKPOINT_MAX);
	if (!t.leaf || !t.vkey)
		t.proof = NULL;
	rc = open_dir(&t, why);
	if (rc == RC_OK)
		rc = take(&t, session, what, why);
	unlock(&t);
	buf_free(&t.pin.note);
	free(t.dir);
	free(t.pin_path);
	return rc;
}
