#include "pack_make.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "file.h"
#include "jsonput.h"
#include "log.h"
#include "pack_private.h"
#include "tarfile.h"

#define FLUSH_BYTES ((size_t)64 << 10)

/* ---- files without a name --------------------------------------------------------------------------------------------------- */

static enum rc flush(struct pack_out *out)
{
	enum rc rc = out->text.rc == RC_OK ? fd_write_all(out->fd, out->text.data, out->text.len) : out->text.rc;

	out->size += out->text.len;
	buf_clear(&out->text);
	return rc;
}

enum rc pack_out_line(struct pack_work *w, enum pack_file file)
{
	struct pack_out *out = &w->out[file];

	buf_putc(&out->text, '\n');
	return out->text.len >= FLUSH_BYTES || out->text.rc != RC_OK ? flush(out) : RC_OK;
}

static enum rc begin(struct pack_work *w, struct why *why)
{
	for (int i = 0; i < PACK_AGENTS; i++) {
		w->out[i].fd = file_scratch(w->place->state_dir);
		if (w->out[i].fd < 0)
			return why_set(why, RC_IO, "the agent cannot write files now: %s", strerror(errno));
	}
	return RC_OK;
}

static void end(struct pack_work *w)
{
	for (int i = 0; i < PACK_AGENTS; i++) {
		if (w->out[i].fd >= 0)
			close(w->out[i].fd);
		buf_free(&w->out[i].text);
	}
	tiles_reader_close(&w->reader);
	buf_free(&w->note);
	keyset_free(&w->holds);
}

/* ---- pack.json --------------------------------------------------------------------------------------------------------------- */

static void put_names(struct buf *out, const char *key, int from, int to)
{
	jsonput_open(out, key, '[');
	for (int i = from; i < to; i++)
		jsonput_text(out, NULL, pack_name((enum pack_file)i));
	jsonput_close(out, ']');
}

static enum rc put_about(struct pack_work *w)
{
	const struct notary_facts *facts = ledger_facts(w->place->ledger);
	struct buf *out = &w->out[PACK_ABOUT].text;
	char time[CLOCK_TEXT];

	jsonput_open(out, NULL, '{');
	jsonput_number(out, "format", 1);
	jsonput_text(out, "type", PACK_NAMESPACE);
	jsonput_open(out, "agent", '{');
	jsonput_text(out, "name", w->place->agent_name);
	jsonput_text(out, "version", PHIGATE_VERSION);
	jsonput_text(out, "signing_key", facts->signing_key);
	jsonput_close(out, '}');
	jsonput_text(out, "from", clock_text_us(w->from_ns, time));
	jsonput_text(out, "to", clock_text_us(w->to_ns, time));
	jsonput_text(out, "made_at", clock_text_us(w->made_ns, time));
	jsonput_open(out, "made_for", '{');
	jsonput_text(out, "user", w->who->user);
	jsonput_text(out, "subject", w->who->subject);
	jsonput_text(out, "issuer", w->who->issuer);
	jsonput_close(out, '}');
	jsonput_open(out, "ledger", '{');
	jsonput_text(out, "origin", facts->origin);
	jsonput_text(out, "vkey", facts->vkey);
	jsonput_close(out, '}');
	put_names(out, "from_the_agent", 0, PACK_AGENTS);
	put_names(out, "from_the_auditor", PACK_AGENTS, PACK_SUMMED);
	jsonput_text(out, "signature_says", "The agent wrote the files from_the_agent out of its own store and ledger, and they are unchanged. The files "
		     "from_the_auditor were made by the program of made_for, from bundles that it fetched and verified; the agent says that this person handed "
		     "them in, and no more: the bundles themselves can be verified again.");
	jsonput_close(out, '}');
	return pack_out_line(w, PACK_ABOUT);
}

/* ---- the tar ------------------------------------------------------------------------------------------------------------------ */

static enum rc join(struct pack_work *w, struct pack_made *made, int *fd, int64_t *size)
{
	enum rc rc = RC_OK;
	off_t end_at;

	*fd = file_scratch(w->place->state_dir);
	if (*fd < 0)
		return RC_IO;
	for (int i = 0; i < PACK_AGENTS && rc == RC_OK; i++) {
		rc = flush(&w->out[i]);
		if (rc == RC_OK)
			rc = tarfile_copy(*fd, pack_name((enum pack_file)i), w->made_ns / NS_PER_S, w->out[i].fd, (struct extent){0, w->out[i].size},
					  made->sums[i]);
	}
	if (rc == RC_OK)
		rc = tarfile_end(*fd);
	end_at = lseek(*fd, 0, SEEK_END);
	*size = end_at;
	return rc == RC_OK && (end_at < 0 || lseek(*fd, 0, SEEK_SET) != 0) ? RC_IO : rc;
}

enum rc pack_make(const struct pack_place *place, const struct person *who, int64_t from_ns, int64_t to_ns, struct pack_made *made, int *fd,
		  int64_t *size, struct why *why)
{
	struct pack_work w = {.place = place, .who = who, .from_ns = from_ns, .made_ns = clock_wall_ns(), .reader = {.dir_fd = -1}};
	enum rc rc;

	*made = (struct pack_made){0};
	*fd = -1;
	w.to_ns = to_ns < w.made_ns ? to_ns : w.made_ns;
	if (from_ns < 0 || from_ns >= w.to_ns)
		return why_set(why, RC_BAD, "the period must begin before it ends, and before now");
	for (int i = 0; i < PACK_AGENTS; i++) {
		w.out[i].fd = -1;
		buf_init(&w.out[i].text, PACK_LINE_MAX + FLUSH_BYTES);
	}
	buf_init(&w.note, TLOG_CHECKPOINT_MAX);
	keyset_init(&w.holds);
	rc = begin(&w, why);
	if (rc == RC_OK)
		rc = pack_ledger_begin(&w, why);                 /* first, so that the lists know all that it tells */
	if (rc == RC_OK)
		rc = pack_lists(&w, why);
	if (rc == RC_OK)
		rc = pack_ledger_write(&w, why);
	if (rc == RC_OK)
		rc = put_about(&w);
	if (rc == RC_OK)
		rc = join(&w, made, fd, size);
	if (rc != RC_OK) {
		log_error("pack_not_made", L_RC(rc), L_TEXT("reason", why && *why->text ? why->text : strerror(errno)));
		if (why && !*why->text)
			why_set(why, rc, "the pack cannot be made now; the agent's log says why");
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
	} else {
		made->made = true;
		made->from_ns = w.from_ns;
		made->to_ns = w.to_ns;
	}
	end(&w);
	return rc;
}

/* ---- the signature ------------------------------------------------------------------------------------------------------------- */

enum rc pack_seal(const struct pack_place *place, const struct person *who, const struct pack_made *made,
		  unsigned char theirs[PACK_SUMMED - PACK_AGENTS][SHA256_LEN], struct buf *sums, struct buf *signature, struct why *why)
{
	unsigned char all[PACK_SUMMED][SHA256_LEN];
	char from[CLOCK_TEXT], to[CLOCK_TEXT], now[CLOCK_TEXT], sum[SHA256_HEX];
	struct buf leaf;
	enum rc rc;

	if (!made->made)
		return why_set(why, RC_CONFLICT, "there is no pack on this channel to be sealed; gather it again");
	memcpy(all, made->sums, sizeof made->sums);
	memcpy(all[PACK_AGENTS], theirs, sizeof all - sizeof made->sums);
	buf_init(&leaf, LEAF_MAX);
	rc = pack_sums(all, sums);
	if (rc == RC_OK) {
		sha256_hex(sums->data, sums->len, sum);
		rc = LEAF(LEAF_EVIDENCE, &leaf, clock_text_us(made->from_ns, from), clock_text_us(made->to_ns, to), sum, who->user,
			  clock_text_us(clock_wall_ns(), now));
	}
	if (rc == RC_OK)
		rc = ledger_seal(place->ledger, buf_slice(&leaf), buf_slice(sums), NULL, signature);
	buf_free(&leaf);
	return rc == RC_OK ? rc : why_set(why, RC_IO, "the agent's ledger cannot be written now; its log says why");
}
