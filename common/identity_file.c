#include "identity_file.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "file.h"

#define FILE_MAX_BYTES ((size_t)64 << 10)
#define PASSPHRASE_MAX 1024
#define PROMPT_MAX 512

/* OpenSSL's own way to ask: at the terminal without an echo, and a signal gives the terminal back as it was. */
static enum rc ask(const char *path, struct buf *passphrase, struct why *why)
{
	char prompt[PROMPT_MAX];
	enum rc rc = buf_lock(passphrase, PASSPHRASE_MAX);

	if (rc != RC_OK)
		return rc;
	snprintf(prompt, sizeof prompt, "Passphrase of %s: ", path);
	if (EVP_read_pw_string(passphrase->data, PASSPHRASE_MAX - 1, prompt, 0) != 0 || !*passphrase->data)
		return why_set(why, RC_BAD, "%s: a passphrase protects it, and none was given; without a terminal it is read from stdin", path);
	buf_added(passphrase, strlen(passphrase->data));
	return RC_OK;
}

static enum rc unlock(const char *path, struct slice file, struct age_identities **out, struct why *why)
{
	struct buf passphrase;
	enum rc rc;

	buf_init(&passphrase, PASSPHRASE_MAX + 1);
	rc = ask(path, &passphrase, why);
	if (rc == RC_OK) {
		rc = age_identities_unlock(file, buf_slice(&passphrase), out, why);
		why_file(why, rc, path);
		rc = rc == RC_NOT_FOUND ? RC_BAD : rc;
	}
	buf_free(&passphrase);
	return rc;
}

enum rc identity_file_read(const char *path, struct age_identities **out, struct why *why)
{
	struct buf text;
	enum rc rc;

	*out = NULL;
	buf_init(&text, FILE_MAX_BYTES + 1);
	rc = buf_lock(&text, FILE_MAX_BYTES);
	if (rc == RC_OK)
		rc = file_read(path, &text, why);
	if (rc == RC_NOT_FOUND)
		rc = why_set(why, RC_IO, "%s: there is no such file", path);
	else if (rc == RC_TOO_BIG)
		why_set(why, rc, "%s: it is larger than any file of keys", path);
	else if (rc == RC_OK && age_identities_locked(buf_slice(&text)))
		rc = unlock(path, buf_slice(&text), out, why);
	else if (rc == RC_OK) {
		rc = age_identities_read(buf_slice(&text), out, why);
		why_file(why, rc, path);
	}
	buf_free(&text);
	return rc;
}
