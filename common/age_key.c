/* Keys of age as texts. */
#include <limits.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "age_private.h"
#include "bech32.h"
#include "wipe.h"

#define RECIPIENT "age"
#define IDENTITY "AGE-SECRET-KEY-"
#define IDENTITIES_MAX 64
#define ARMOR "AGE ENCRYPTED FILE"

/* ---- recipients ----------------------------------------------------------------------------------------------------------- */

static bool begins(struct slice text, const char *with)
{
	return text.n >= strlen(with) && memcmp(text.p, with, strlen(with)) == 0;
}

/* What a text that is none is, as far as can be told. */
static enum rc no_recipient(struct slice text, struct why *why)
{
	if (begins(text, IDENTITY))
		return why_set(why, RC_BAD, "is a secret key, which belongs to those who read recordings and to nobody else; the recipient is the age1… that "
			       "age-keygen -y prints for it");
	if (begins(text, "ssh-"))
		return why_set(why, RC_BAD, "is an SSH key; make one for age with: age-keygen -o key.txt");
	if (begins(text, "age1"))
		return why_set(why, RC_BAD, "is no recipient of age: a character is wrong or missing, or it is of another kind than X25519");
	return why_set(why, RC_BAD, "is no recipient of age, which begins with age1 and is what age-keygen -y prints");
}

enum rc age_recipients_add(struct age_recipients *r, const char *text, struct why *why)
{
	static const unsigned char anybody[AGE_KEY_LEN] = {8};
	unsigned char key[AGE_KEY_LEN], shared[AGE_KEY_LEN];
	enum rc rc;

	if (bech32_decode(slice_str(text), RECIPIENT, key) != RC_OK)
		return no_recipient(slice_str(text), why);
	rc = age_multiply(anybody, key, shared);
	if (rc != RC_OK)
		return rc != RC_BAD ? rc : why_set(why, rc, "is a key that everybody can open; make one with: age-keygen -o key.txt");
	for (size_t i = 0; i < r->n; i++)
		if (memcmp(r->key[i], key, sizeof key) == 0)
			return why_set(why, RC_CONFLICT, "stands there twice");
	if (r->n == AGE_RECIPIENTS_MAX)
		return why_set(why, RC_TOO_BIG, "is one more than the %d recipients that there may be", AGE_RECIPIENTS_MAX);
	memcpy(r->key[r->n++], key, sizeof key);
	return RC_OK;
}

enum rc age_recipients_text(const struct age_recipients *r, size_t i, struct buf *out)
{
	return bech32_encode(RECIPIENT, r->key[i], out);
}

/* ---- identities ----------------------------------------------------------------------------------------------------------- */

static size_t identities_bytes(size_t n)
{
	return sizeof(struct age_identities) + n * sizeof ((struct age_identities *)0)->key[0];
}

void age_identities_free(struct age_identities *who)
{
	age_secret_free(who, who ? identities_bytes(IDENTITIES_MAX) : 0);
}

static enum rc no_identity(struct slice line, int number, struct why *why)
{
	if (begins(line, "age1"))
		return why_at(why, RC_BAD, number, 0, "this is a recipient; the identity is the secret key, which begins with " IDENTITY "1");
	if (age_identities_locked(line))
		return why_at(why, RC_BAD, number, 0, "it is protected by a passphrase");
	if (begins(line, "AGE-PLUGIN-"))
		return why_at(why, RC_BAD, number, 0, "this key is in a device or service that a plugin of age talks to; open the member with: age -d");
	return why_at(why, RC_BAD, number, 0, "this is no key of age, which begins with " IDENTITY "1");
}

static enum rc add_line(struct age_identities *who, struct slice line, int number, struct why *why)
{
	enum rc rc;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (!line.n || line.p[0] == '#')
		return RC_OK;
	if (who->n == IDENTITIES_MAX)
		return why_at(why, RC_BAD, number, 0, "there are more than %d keys", IDENTITIES_MAX);
	if (bech32_decode(line, IDENTITY, who->key[who->n].secret) != RC_OK)
		return no_identity(line, number, why);
	rc = age_multiply(who->key[who->n].secret, NULL, who->key[who->n].recipient);
	who->n += rc == RC_OK;
	return rc;
}

enum rc age_identities_read(struct slice text, struct age_identities **out, struct why *why)
{
	struct age_identities *who = age_secret_new(identities_bytes(IDENTITIES_MAX));
	enum rc rc = who ? RC_OK : RC_NOMEM;

	*out = NULL;
	for (int number = 1; rc == RC_OK && text.n; number++) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;

		rc = add_line(who, (struct slice){text.p, n}, number, why);
		n += end != NULL;
		text = (struct slice){text.p + n, text.n - n};
	}
	if (rc == RC_OK && !who->n)
		rc = why_set(why, RC_BAD, "there is no key in it");
	if (rc == RC_OK)
		*out = who;
	else
		age_identities_free(who);
	return rc;
}

/* ---- protected by a passphrase -------------------------------------------------------------------------------------------- */

bool age_identities_locked(struct slice text)
{
	return begins(text, "age-encryption.org/") || begins(text, "-----BEGIN " ARMOR "-----");
}

/* The file inside its armor (PEM, RFC 7468), or the text itself. PEM's data is *data, which OPENSSL_free() frees. */
static enum rc take_off_armor(struct slice *text, unsigned char **data, struct why *why)
{
	char *name = NULL, *header = NULL;
	long n = 0;
	BIO *bio;
	enum rc rc = RC_OK;

	if (begins(*text, AGE_VERSION))
		return RC_OK;
	bio = BIO_new_mem_buf(text->p, (int)text->n);
	if (!bio || PEM_read_bio(bio, &name, &header, data, &n) != 1 || strcmp(name, ARMOR) != 0)
		rc = bio ? why_set(why, RC_BAD, "its armor is not as it was written") : RC_NOMEM;
	else
		*text = (struct slice){(const char *)*data, (size_t)n};
	OPENSSL_free(name);
	OPENSSL_free(header);
	BIO_free(bio);
	return rc;
}

static enum rc open_with(struct slice file, struct slice passphrase, struct buf *keys, struct why *why)
{
	struct age_opening *o = age_open_begin_passphrase(passphrase);
	enum rc rc = o ? age_open_more(o, file, keys, why) : RC_NOMEM;

	if (rc == RC_OK)
		rc = age_open_end(o, keys, why);
	age_open_free(o);
	return rc;
}

enum rc age_identities_unlock(struct slice text, struct slice passphrase, struct age_identities **out, struct why *why)
{
	unsigned char *data = NULL;
	struct buf keys;
	enum rc rc = text.n <= INT_MAX ? take_off_armor(&text, &data, why) : RC_TOO_BIG;

	*out = NULL;
	buf_init(&keys, AGE_CHUNK + 1);
	if (rc == RC_OK)
		rc = buf_lock(&keys, AGE_CHUNK);
	if (rc == RC_OK)
		rc = open_with(text, passphrase, &keys, why);
	if (rc == RC_OK)
		rc = age_identities_read(buf_slice(&keys), out, why);
	buf_free(&keys);
	OPENSSL_free(data);
	return rc;
}

void age_identities_recipients(const struct age_identities *who, struct age_recipients *out)
{
	out->n = who->n < AGE_RECIPIENTS_MAX ? who->n : AGE_RECIPIENTS_MAX;
	for (size_t i = 0; i < out->n; i++)
		memcpy(out->key[i], who->key[i].recipient, AGE_KEY_LEN);
}
