#include "keys.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "config.h"
#include "file.h"
#include "sshkey.h"
#include "tlog_checkpoint.h"

#define NAMESPACES "phigate-bundle-v1,phigate-review-v1,phigate-evidence-v1"

static const struct {
	const char *word, *file;
} KINDS[N_KEY_KINDS] = {
	[KEY_HOST] = {"host", "ssh_host_ed25519_key"},
	[KEY_SIGNING] = {"signing", "signing_ed25519"},
	[KEY_LEDGER] = {"ledger", "ledger_ed25519"},
};

static char *key_path(const char *state_dir, enum key_kind kind, const char *suffix)
{
	char name[64], *path;

	snprintf(name, sizeof name, "keys/%s%s", KINDS[kind].file, suffix);
	path = path_join(state_dir, name);
	return path;
}

/* The key, with .pub beside it. */
static enum rc write_key(const char *state_dir, enum key_kind kind, const char *agent_name, EVP_PKEY *key, struct why *why)
{
	char *path = key_path(state_dir, kind, ""), *public_path = key_path(state_dir, kind, ".pub");
	char *dir = path ? path_dir(path) : NULL;
	struct buf private, public;
	char comment[96];
	enum rc rc;

	buf_init(&private, 4096);
	buf_init(&public, 4096);
	snprintf(comment, sizeof comment, "%s@%s", KINDS[kind].word, agent_name);
	rc = dir && public_path ? dir_make(dir, 0700, why) : RC_NOMEM;
	if (rc == RC_OK)
		rc = sshkey_write_private(key, comment, &private);
	if (rc == RC_OK)
		rc = sshkey_line(key, comment, &public);
	if (rc == RC_OK)
		rc = file_write(path, buf_slice(&private), 0600, why);
	if (rc == RC_OK)
		rc = file_write(public_path, buf_slice(&public), 0644, why);
	buf_free(&private);
	buf_free(&public);
	free(path);
	free(public_path);
	free(dir);
	return rc;
}

enum rc key_make(const char *state_dir, enum key_kind kind, const char *agent_name, struct why *why)
{
	EVP_PKEY *key = NULL;
	enum rc rc = sshkey_generate_ed25519(&key);

	if (rc == RC_OK)
		rc = write_key(state_dir, kind, agent_name, key, why);
	EVP_PKEY_free(key);
	return rc;
}

static enum rc read_key(const char *state_dir, enum key_kind kind, EVP_PKEY **out, struct why *why)
{
	char *path = key_path(state_dir, kind, "");
	struct buf text;
	enum rc rc;

	buf_init(&text, 16384);
	rc = path ? file_read_private(path, &text, why) : RC_NOMEM;
	if (rc == RC_OK) {
		rc = sshkey_read_private(buf_slice(&text), out, why);
		why_file(why, rc, path);
	}
	buf_free(&text);
	free(path);
	return rc;
}

enum rc key_public(const char *state_dir, enum key_kind kind, struct buf *out, struct why *why)
{
	EVP_PKEY *key = NULL;
	enum rc rc = read_key(state_dir, kind, &key, why);

	if (rc == RC_OK)
		rc = sshkey_line(key, NULL, out);
	if (rc == RC_OK)
		buf_truncate(out, out->len - 1);
	EVP_PKEY_free(key);
	return rc;
}

/* From the .pub, so that nobody reads the private key who does not sign with it. */
enum rc key_vkey(const char *state_dir, const char *agent_name, struct buf *out, struct why *why)
{
	char origin[TLOG_NAME_MAX + 1], *path = key_path(state_dir, KEY_LEDGER, ".pub");
	struct tlog_vkey vkey;
	EVP_PKEY *key = NULL;
	struct buf text, blob;
	enum rc rc;

	buf_init(&text, 4096);
	buf_init(&blob, 4096);
	snprintf(origin, sizeof origin, "phigate/%s", agent_name);
	rc = path ? file_read(path, &text, why) : RC_NOMEM;
	if (rc == RC_OK) {
		if (sshkey_parse_line(buf_slice(&text), &blob) != RC_OK || sshkey_from_blob(buf_slice(&blob), &key) != RC_OK ||
		    tlog_vkey_make(origin, key, &vkey) != RC_OK)
			rc = why_set(why, RC_BAD, "%s: it is no Ed25519 key", path);
	}
	if (rc == RC_OK)
		rc = tlog_vkey_text(&vkey, out);
	EVP_PKEY_free(key);
	buf_free(&text);
	buf_free(&blob);
	free(path);
	return rc;
}

enum rc key_signers_line(const char *agent_name, struct slice public, int64_t valid_before_s, struct buf *out)
{
	buf_printf(out, "%s@phigate namespaces=\"" NAMESPACES "\"", agent_name);
	if (valid_before_s) {
		time_t t = valid_before_s;
		struct tm tm;
		char text[32];

		gmtime_r(&t, &tm);
		strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &tm);
		buf_printf(out, ",valid-before=\"%s\"", text);
	}
	buf_putc(out, ' ');
	buf_add_slice(out, public);
	return buf_putc(out, '\n');
}

/* ---- the command ------------------------------------------------------------------------------------------------------ */

/* Somebody answers on the agent's own socket. */
static bool agent_runs(const char *state_dir)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool runs = false;

	if (fd < 0)
		return false;
	if (snprintf(at.sun_path, sizeof at.sun_path, "%s/run/authorize", state_dir) < (int)sizeof at.sun_path)
		runs = connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
	close(fd);
	return runs;
}

static enum rc print(const struct config *config, struct why *why)
{
	struct buf host, signing, line, vkey;
	enum rc rc;

	buf_init(&host, 1024);
	buf_init(&signing, 1024);
	buf_init(&line, 2048);
	buf_init(&vkey, 1024);
	rc = key_public(config->state_dir, KEY_HOST, &host, why);
	if (rc == RC_OK)
		rc = key_public(config->state_dir, KEY_SIGNING, &signing, why);
	if (rc == RC_OK)
		rc = key_signers_line(config->name, buf_slice(&signing), 0, &line);
	if (rc == RC_OK)
		rc = key_vkey(config->state_dir, config->name, &vkey, why);
	if (rc == RC_OK)
		printf("# for client.yaml, under agents\nhost_key: %s\nsigning_key: %s\n"
		       "# for allowed_signers\n%s# for phigate verify --ledger FILE\n%s\n", host.data, signing.data, line.data, vkey.data);
	buf_free(&vkey);
	buf_free(&host);
	buf_free(&signing);
	buf_free(&line);
	return rc;
}

/* What a crash left is sealed by the keys that were in force. */
static enum rc check_spool(const char *state_dir, struct why *why)
{
	char *path = path_join(state_dir, "spool");
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *e;
	bool empty = true;

	while (dir && (e = readdir(dir)))
		empty = empty && e->d_name[0] == '.';
	if (dir)
		closedir(dir);
	free(path);
	return empty ? RC_OK : why_set(why, RC_CONFLICT, "a crash left recordings that are not sealed; start the agent once and stop it, then rotate");
}

/* The new key signs the checkpoint beside the old one, which thereby hands the ledger over, and only then takes its place. */
static enum rc hand_over(const struct config *config, struct why *why)
{
	char origin[TLOG_NAME_MAX + 1], *path = path_join(config->state_dir, "ledger/checkpoint");
	EVP_PKEY *old = NULL, *new = NULL;
	struct tlog_checkpoint checkpoint;
	struct tlog_vkey vkey;
	struct buf note;
	enum rc rc;

	buf_init(&note, TLOG_CHECKPOINT_MAX);
	snprintf(origin, sizeof origin, "phigate/%s", config->name);
	rc = path ? read_key(config->state_dir, KEY_LEDGER, &old, why) : RC_NOMEM;
	if (rc == RC_OK)
		rc = sshkey_generate_ed25519(&new);
	if (rc == RC_OK)
		rc = file_read(path, &note, why);
	if (rc == RC_OK) {
		rc = tlog_vkey_make(origin, old, &vkey);
		if (rc == RC_OK)
			rc = tlog_checkpoint_open(buf_slice(&note), &vkey, &checkpoint, why);
		if (rc == RC_OK)
			rc = tlog_checkpoint_cosign(buf_slice(&note), origin, new, &note);
		if (rc == RC_OK)
			rc = file_write(path, buf_slice(&note), 0600, why);
	} else if (rc == RC_NOT_FOUND) {
		rc = RC_OK;                              /* no ledger yet */
	}
	if (rc == RC_OK)
		rc = write_key(config->state_dir, KEY_LEDGER, config->name, new, why);
	EVP_PKEY_free(old);
	EVP_PKEY_free(new);
	buf_free(&note);
	free(path);
	return rc;
}

static void tell_old(const struct config *config, enum key_kind kind, const struct buf *old)
{
	struct buf line;

	buf_init(&line, 2048);
	switch (kind) {
	case KEY_HOST:
		printf("# people connect again once client.yaml has the new host_key; it may list the old one beside it\n"
		       "# the old one was: %s\n", old->data);
		break;
	case KEY_SIGNING:
		if (key_signers_line(config->name, buf_slice(old), clock_wall_s(), &line) == RC_OK)
			printf("# allowed_signers keeps the old key, for the bundles that it signed:\n%s# and gets the new one:\n", line.data);
		break;
	case KEY_LEDGER:
		printf("# the file for --ledger keeps the old key, for the proofs that lead to it:\n%s\n# and gets the new one:\n", old->data);
		break;
	}
	buf_free(&line);
}

static enum rc rotate(const struct config *config, enum key_kind kind, struct why *why)
{
	struct buf old;
	enum rc rc;

	if (agent_runs(config->state_dir))
		return why_set(why, RC_CONFLICT, "the agent is running with this key; stop it, rotate, and start it again");
	buf_init(&old, 1024);
	rc = kind == KEY_HOST ? RC_OK : check_spool(config->state_dir, why);
	if (rc == RC_OK)
		rc = kind == KEY_LEDGER ? key_vkey(config->state_dir, config->name, &old, why) : key_public(config->state_dir, kind, &old, why);
	if (rc == RC_OK)
		rc = kind == KEY_LEDGER ? hand_over(config, why) : key_make(config->state_dir, kind, config->name, why);
	if (rc == RC_OK)
		tell_old(config, kind, &old);
	buf_free(&old);
	return rc == RC_OK ? print(config, why) : rc;
}

static int run(int argc, char **argv)
{
	const char *path = COMMAND_CONFIG_DEFAULT, *kind = NULL;
	struct config *config = NULL;
	struct why why = {0};
	enum rc rc;
	int k = 0;

	if (command_option(&argc, argv, "--config", &path) != RC_OK || command_option(&argc, argv, "--rotate", &kind) != RC_OK ||
	    argc != 1)
		return command_usage(&cmd_keys, "it takes no other arguments");
	while (kind && k < N_KEY_KINDS && strcmp(KINDS[k].word, kind) != 0)
		k++;
	if (k == N_KEY_KINDS)
		return command_usage(&cmd_keys, "--rotate takes host, signing or ledger");
	if (config_load(path, &config, &why) != RC_OK)
		return command_failed(RC_BAD, &why);
	rc = kind ? rotate(config, (enum key_kind)k, &why) : print(config, &why);
	config_free(config);
	return rc == RC_OK ? EXIT_DONE : command_failed(rc, &why);
}

const struct command cmd_keys = {
	.name = "keys", .args = "[--config FILE] [--rotate host|signing|ledger]",
	.help = "print the public keys that others need, or make a new one", .run = run,
};
