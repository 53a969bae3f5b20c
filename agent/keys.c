#include "keys.h"

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

#define NAMESPACES "phigate-bundle-v1,phigate-review-v1"

static const struct {
	const char *word, *file;
} KINDS[N_KEY_KINDS] = {
	[KEY_HOST] = {"host", "ssh_host_ed25519_key"},
	[KEY_SIGNING] = {"signing", "signing_ed25519"},
};

static char *key_path(const char *state_dir, enum key_kind kind, const char *suffix)
{
	char name[64], *path;

	snprintf(name, sizeof name, "keys/%s%s", KINDS[kind].file, suffix);
	path = path_join(state_dir, name);
	return path;
}

enum rc key_make(const char *state_dir, enum key_kind kind, const char *agent_name, struct why *why)
{
	char *path = key_path(state_dir, kind, ""), *public_path = key_path(state_dir, kind, ".pub");
	char *dir = path ? path_dir(path) : NULL;
	struct buf private, public;
	EVP_PKEY *key = NULL;
	char comment[96];
	enum rc rc;

	buf_init(&private, 4096);
	buf_init(&public, 4096);
	snprintf(comment, sizeof comment, "%s@%s", KINDS[kind].word, agent_name);
	rc = dir && public_path ? dir_make(dir, 0700, why) : RC_NOMEM;
	if (rc == RC_OK)
		rc = sshkey_generate_ed25519(&key);
	if (rc == RC_OK)
		rc = sshkey_write_private(key, comment, &private);
	if (rc == RC_OK)
		rc = sshkey_line(key, comment, &public);
	if (rc == RC_OK)
		rc = file_write(path, buf_slice(&private), 0600, why);
	if (rc == RC_OK)
		rc = file_write(public_path, buf_slice(&public), 0644, why);
	EVP_PKEY_free(key);
	buf_free(&private);
	buf_free(&public);
	free(path);
	free(public_path);
	free(dir);
	return rc;
}

enum rc key_public(const char *state_dir, enum key_kind kind, struct buf *out, struct why *why)
{
	char *path = key_path(state_dir, kind, "");
	EVP_PKEY *key = NULL;
	struct buf text;
	enum rc rc;

	buf_init(&text, 16384);
	rc = path ? file_read_private(path, &text, why) : RC_NOMEM;
	if (rc == RC_OK) {
		rc = sshkey_read_private(buf_slice(&text), &key, why);
		why_file(why, rc, path ? path : "");
	}
	if (rc == RC_OK)
		rc = sshkey_line(key, NULL, out);
	if (rc == RC_OK)
		buf_truncate(out, out->len - 1);
	EVP_PKEY_free(key);
	buf_free(&text);
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
	struct buf host, signing, line;
	enum rc rc;

	buf_init(&host, 1024);
	buf_init(&signing, 1024);
	buf_init(&line, 2048);
	rc = key_public(config->state_dir, KEY_HOST, &host, why);
	if (rc == RC_OK)
		rc = key_public(config->state_dir, KEY_SIGNING, &signing, why);
	if (rc == RC_OK)
		rc = key_signers_line(config->name, buf_slice(&signing), 0, &line);
	if (rc == RC_OK)
		printf("# for client.yaml, under agents\nhost_key: %s\nsigning_key: %s\n"
		       "# for allowed_signers\n%s", host.data, signing.data, line.data);
	buf_free(&host);
	buf_free(&signing);
	buf_free(&line);
	return rc;
}

static enum rc rotate(const struct config *config, enum key_kind kind, struct why *why)
{
	struct buf old, line;
	enum rc rc;

	if (agent_runs(config->state_dir))
		return why_set(why, RC_CONFLICT, "the agent is running with this key; stop it, rotate, and start it again");
	buf_init(&old, 1024);
	buf_init(&line, 2048);
	rc = key_public(config->state_dir, kind, &old, why);
	if (rc == RC_OK)
		rc = key_make(config->state_dir, kind, config->name, why);
	if (rc != RC_OK)
		goto out;
	if (kind == KEY_SIGNING) {
		rc = key_signers_line(config->name, buf_slice(&old), clock_wall_s(), &line);
		printf("# allowed_signers keeps the old key, for the bundles that it signed:\n%s# and gets the new one:\n",
		       line.data ? line.data : "");
	} else {
		printf("# people connect again once client.yaml has the new host_key; it may list the old one beside it\n"
		       "# the old one was: %s\n", old.data);
	}
out:
	buf_free(&old);
	buf_free(&line);
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
		return command_usage(&cmd_keys, "--rotate takes host or signing");
	if (config_load(path, &config, &why) != RC_OK)
		return command_failed(RC_BAD, &why);
	rc = kind ? rotate(config, (enum key_kind)k, &why) : print(config, &why);
	config_free(config);
	return rc == RC_OK ? EXIT_DONE : command_failed(rc, &why);
}

const struct command cmd_keys = {
	.name = "keys", .args = "[--config FILE] [--rotate host|signing]",
	.help = "print the public keys that others need, or make a new one", .run = run,
};
