/* Any bytes as a file of age, as an identity file and as a recipient; and a payload under a right head. Never a crash, never text that was not
 * sealed, never more memory than was promised. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "age.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* the one that the published vectors are sealed for */
#define KEY "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0\n"
#define TEXT "the note"

static struct age_identities *who;
static struct age_recipients to;

static enum rc keep(void *arg, struct slice piece)
{
	return buf_add_slice(arg, piece);
}

static enum rc open_all(struct slice file, size_t step, struct buf *text)
{
	struct age_opening *o = age_open_begin(who);
	struct why why = {0};
	enum rc rc = RC_OK;

	if (!o)
		abort();
	for (size_t at = 0; at < file.n && rc == RC_OK; at += step) {
		size_t n = file.n - at < step ? file.n - at : step, before = text->len;

		rc = age_open_more(o, (struct slice){file.p + at, n}, text, &why);
		if (text->len - before > n + AGE_CHUNK)
			abort();
	}
	if (rc == RC_OK)
		rc = age_open_end(o, text, &why);
	if ((rc == RC_OK) == (why.text[0] != '\0'))
		abort();
	age_open_free(o);
	return rc;
}

/* Two ways to cut it come to the same. */
static void as_file(struct slice file)
{
	struct buf one, other;

	buf_init(&one, BUF_MAX_DEFAULT);
	buf_init(&other, BUF_MAX_DEFAULT);
	if (open_all(file, file.n + 1, &one) != open_all(file, 1 + file.n / 7, &other) || one.len != other.len ||
	    (one.len && memcmp(one.data, other.data, one.len) != 0))
		abort();
	buf_free(&one);
	buf_free(&other);
}

/* Three bytes each: a place in an honest file, and what stands there. Only one that is as it was opens. */
static void as_changes(struct slice in)
{
	struct buf file, was, text;

	buf_init(&file, BUF_MAX_DEFAULT);
	buf_init(&was, BUF_MAX_DEFAULT);
	buf_init(&text, BUF_MAX_DEFAULT);
	if (age_seal(&to, SLICE(TEXT), keep, &file) != RC_OK || buf_add_slice(&was, buf_slice(&file)) != RC_OK)
		abort();
	for (; in.n >= 3; in = (struct slice){in.p + 3, in.n - 3})
		file.data[((uint8_t)in.p[0] | (size_t)(uint8_t)in.p[1] << 8) % file.len] = in.p[2];
	if ((open_all(buf_slice(&file), 100, &text) == RC_OK) != (memcmp(file.data, was.data, was.len) == 0))
		abort();
	if (text.len && !slice_is(buf_slice(&text), TEXT))
		abort();
	buf_free(&file);
	buf_free(&was);
	buf_free(&text);
}

static void as_identities(struct slice in)
{
	struct age_identities *other;
	struct why why = {0};

	if (age_identities_read(in, &other, &why) != RC_OK && (other || !why.text[0]))
		abort();
	age_identities_free(other);
}

static void as_recipient(struct slice in)
{
	struct age_recipients some = {0};
	struct buf text, again;

	buf_init(&text, BUF_MAX_DEFAULT);
	buf_init(&again, 256);
	buf_add_slice(&text, in);
	if (text.len && !memchr(text.data, '\0', text.len) && age_recipients_add(&some, text.data, NULL) == RC_OK &&
	    (age_recipients_text(&some, 0, &again) != RC_OK || strcmp(again.data, text.data) != 0))
		abort();
	buf_free(&text);
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data + 1, size - 1};

	if (!size)
		return 0;
	if (!who) {
		if (age_identities_read(SLICE(KEY), &who, NULL) != RC_OK)
			abort();
		age_identities_recipients(who, &to);
	}
	switch (data[0] % 4) {
	case 0:
		as_file(in);
		break;
	case 1:
		as_changes(in);
		break;
	case 2:
		as_identities(in);
		break;
	case 3:
		as_recipient(in);
		break;
	}
	return 0;
}
