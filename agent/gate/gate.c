#include "gate.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "gate_admit.h"
#include "gate_ssh.h"
#include "keeper.h"
#include "loopback.h"
#include "sshkey.h"

#define STOP_WAIT_NS (10 * NS_PER_S)
#define HANG_UP_NS NS_PER_S

struct gate {
	char *run_dir, *host_key_file, *config_file, *socket, *program;
	char fingerprint[64];
	struct gate_ssh *ssh;
	struct gate_admit *admit;
	struct loopback *loopback;
};

static enum rc read_host_key(struct gate *g, struct why *why)
{
	struct buf text, blob;
	EVP_PKEY *key = NULL;
	enum rc rc;

	buf_init(&text, 16384);
	buf_init(&blob, 512);
	rc = file_read_private(g->host_key_file, &text, why);
	if (rc == RC_OK) {
		rc = sshkey_read_private(buf_slice(&text), &key, why);
		why_file(why, rc, g->host_key_file);
	} else if (rc == RC_NOT_FOUND) {
		rc = why_set(why, rc, "%s: there is no host key; phigate-agent init makes one", g->host_key_file);
	}
	if (rc == RC_OK)
		rc = sshkey_public_blob(key, &blob);
	if (rc == RC_OK)
		sshkey_fingerprint(buf_slice(&blob), g->fingerprint);
	EVP_PKEY_free(key);
	buf_free(&text);
	buf_free(&blob);
	return rc;
}

/* The path of the running program, for sshd to call `authorize` by. */
static enum rc find_program(struct gate *g, struct why *why)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

	if (n <= 0)
		return why_set(why, RC_IO, "/proc is not there, and without it this program's own path is not known");
	path[n] = '\0';
	if (strpbrk(path, "\"'\\%\n"))
		return why_set(why, RC_BAD, "%s: sshd cannot call a program whose path has quotes, backslash or %% in it", path);
	g->program = strdup(path);
	return g->program ? RC_OK : RC_NOMEM;
}

static enum rc write_config(struct gate *g, struct why *why)
{
	struct passwd *account = getpwuid(geteuid());
	struct buf text;
	enum rc rc;

	if (geteuid() == 0)
		return why_set(why, RC_DENIED, "sshd must not run as root; set user: in agent.yaml");
	if (!account)
		return why_set(why, RC_NOT_FOUND, "user %d has no account, and sshd lets only accounts in", (int)geteuid());
	buf_init(&text, 16384);
	rc = sshd_config_text(g->host_key_file, account->pw_name, &text);
	if (rc == RC_OK)
		rc = file_write(g->config_file, buf_slice(&text), 0600, why);
	buf_free(&text);
	return rc;
}

static enum rc set_paths(struct gate *g, const char *state_dir)
{
	char *keys = path_join(state_dir, "keys");

	g->run_dir = path_join(state_dir, "run");
	g->host_key_file = keys ? path_join(keys, "ssh_host_ed25519_key") : NULL;
	g->config_file = g->run_dir ? path_join(g->run_dir, "sshd_config") : NULL;
	g->socket = g->run_dir ? path_join(g->run_dir, "authorize") : NULL;
	free(keys);
	return g->host_key_file && g->config_file && g->socket ? RC_OK : RC_NOMEM;
}

static enum rc start(struct gate *g, struct agent *agent, struct why *why)
{
	struct gate_ssh_options options = {
		.listener = agent->ssh_listener, .keeper = agent->keeper,
		.sshd = {.sshd = sshd_program(), .config_file = g->config_file, .agent = g->program, .authorize_socket = g->socket,
			 .port = keeper_port(agent->keeper)},
		.connections_max = agent->config->limits.connections,
		.starts_per_minute = agent->config->limits.ssh_starts_per_minute,
	};
	enum rc rc;

	if (!options.sshd.sshd)
		return why_set(why, RC_NOT_FOUND, "sshd is not installed; install the package openssh-server");
	rc = gate_ssh_new(&options, &g->ssh, why);
	if (rc == RC_OK)
		rc = gate_admit_start(g->run_dir, options.sshd.port, agent->identity, g->ssh, &g->admit, why);
	if (rc == RC_OK)
		rc = loopback_start(agent, keeper_listener(agent->keeper), g->fingerprint, &g->loopback, why);
	return rc == RC_OK ? gate_ssh_start(g->ssh, why) : rc;
}

enum rc gate_start(struct agent *agent, struct gate **out, struct why *why)
{
	struct gate *g = calloc(1, sizeof *g);
	enum rc rc;

	*out = NULL;
	if (!g)
		return RC_NOMEM;
	rc = set_paths(g, agent->config->state_dir);
	if (rc == RC_OK)
		rc = dir_make(g->run_dir, 0700, why);
	if (rc == RC_OK)
		rc = read_host_key(g, why);
	if (rc == RC_OK)
		rc = find_program(g, why);
	if (rc == RC_OK)
		rc = write_config(g, why);
	if (rc == RC_OK)
		rc = start(g, agent, why);
	if (rc == RC_OK)
		*out = g;
	else if (gate_stop(g) != RC_OK)
		abort();                                 /* no channel can have come through yet */
	return rc;
}

void gate_end_all(struct gate *gate)
{
	gate_ssh_end_all(gate->ssh);
}

enum rc gate_stop(struct gate *g)
{
	enum rc rc = RC_OK;

	if (!g)
		return RC_OK;
	if (g->loopback)
		rc = loopback_close(g->loopback, STOP_WAIT_NS);
	if (g->ssh && rc == RC_OK)
		gate_ssh_drain(g->ssh, HANG_UP_NS);      /* a client whose control channel ended hangs up, having read it all */
	else if (g->ssh)
		gate_ssh_end_all(g->ssh);
	if (rc != RC_OK)
		return rc;
	loopback_free(g->loopback);
	gate_admit_stop(g->admit);
	gate_ssh_free(g->ssh);
	free(g->run_dir);
	free(g->host_key_file);
	free(g->config_file);
	free(g->socket);
	free(g->program);
	free(g);
	return RC_OK;
}

enum rc gate_login(struct gate *gate, struct slice key_der, struct slice id, char address[64], char own_id[GATE_ID_LEN + 1])
{
	return gate_ssh_login(gate->ssh, key_der, id, address, own_id);
}

void gate_end(struct gate *gate, const char *id)
{
	gate_ssh_end(gate->ssh, id);
}

const char *gate_host_key_fingerprint(const struct gate *gate)
{
	return gate->fingerprint;
}

void gate_metrics(struct gate *gate)
{
	gate_ssh_metrics(gate->ssh);
	loopback_metrics(gate->loopback);
}
