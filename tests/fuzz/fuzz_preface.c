/* What a stranger may send before anything is proved: the first line of a channel, the greeting, the version string, and the
 * certificate that sshd hands to `authorize`. The first byte chooses. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "preface.h"
#include "sshkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fuzz_lines(struct slice in)
{
	char challenge[PREFACE_CHALLENGE_LEN + 1], id[64];
	char *text = strndup(in.p, in.n);
	struct preface preface;
	size_t used = 0;
	int port;

	if (preface_parse(in, &preface, &used) == RC_OK && (used > in.n || used > PREFACE_LINE_MAX ||
	    preface.key_der_n > sizeof preface.key_der || preface.sig_der_n > sizeof preface.sig_der))
		abort();
	if (preface_greeting_parse(in, challenge, &used) == RC_OK && (used > in.n || strlen(challenge) != PREFACE_CHALLENGE_LEN))
		abort();
	if (text && preface_banner_parse(text, &port, id) == RC_OK && (port < 1 || port > 65535 || strlen(id) > 63))
		abort();
	free(text);
}

static void fuzz_certificate(struct slice in)
{
	struct sshcert cert;
	struct buf blob;
	EVP_PKEY *key;
	struct why why;

	if (sshcert_read(in, &cert, &why) == RC_OK) {
		if (cert.key_der.len != 91)
			abort();
		sshcert_free(&cert);
	}
	if (sshkey_from_blob(in, &key) == RC_OK)
		EVP_PKEY_free(key);
	if (sshkey_from_der(in, &key) == RC_OK)
		EVP_PKEY_free(key);
	buf_init(&blob, 65536);
	if (sshkey_parse_line(in, &blob) == RC_OK && sshcert_read(buf_slice(&blob), &cert, &why) == RC_OK)
		sshcert_free(&cert);
	buf_free(&blob);
	if (sshkey_read_private(in, &key, &why) == RC_OK)
		EVP_PKEY_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = {(const char *)data + 1, n - 1};

	if (n == 0)
		return 0;
	if (data[0] & 1)
		fuzz_certificate(in);
	else
		fuzz_lines(in);
	return 0;
}
