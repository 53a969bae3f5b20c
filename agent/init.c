/* `phigate-agent init DIR`: a folder that is ready to edit and run. */
#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "file.h"
#include "keys.h"

#define NAME "gpu-1"
#define PORT 2222
#define ROOT_USER "phigate"                      /* whom root's agent becomes */

/* config/policies/hipaa.yaml, as it stands in the source tree. */
__asm__(".section .rodata\n"
	"hipaa_yaml:\n"
	".incbin \"config/policies/hipaa.yaml\"\n"
	"hipaa_yaml_end:\n"
	".previous\n");
extern const char hipaa_yaml[], hipaa_yaml_end[];

struct making {
	const char *dir, *user;
	struct buf host_key, signing_key;        /* public, one line without LF */
};

static const char AGENT_YAML[] =
	"# phigate-agent: what it does is in phigate-agent(8). Relative paths start at this file's folder.\n"
	"name: " NAME "                      # bundles are signed as NAME@phigate\n"
	"listen: 0.0.0.0:%d               # SSH; the only port that leaves this machine\n"
	"state_dir: state                 # keys, recordings, store: only the agent's user may enter\n"
	"user: %s                         # whom the agent becomes when root starts it\n"
	"\n"
	"oidc:\n"
	"  issuer: https://idp.example.org    # edit: your OpenID provider\n"
	"  audience: phigate                  # the client id that is registered there\n"
	"  user_claim: email\n"
	"  groups_claim: groups               # or a path, such as realm_access.roles\n"
	"\n"
	"roles:\n"
	"  auditor: [privacy-office]      # may list and fetch every session\n"
	"  admin: [platform]              # may revoke any\n"
	"\n"
	"policies_dir: policies\n"
	"connections:\n"
	"  llama-prod:                    # what people type: phigate connect llama-prod\n"
	"    upstream: http://127.0.0.1:8080\n"
	"    dialect: openai              # or ollama\n"
	"    groups: [clinicians]         # edit: who may connect\n"
	"    policy: hipaa                # policies/hipaa.yaml\n"
	"    # credential: {header: Authorization, value_file: secrets/llama-prod}\n"
	"\n"
	"recording:\n"
	"  durability: strict             # or batched: faster, at most 1 s behind\n"
	"  # recipients: [age1…]          # edit: who may read recordings. age-keygen -o key.txt, on their machine; its public key goes here\n"
	"  # originals: [age1…]           # edit: who may read the unmasked text, too; other keys. Without it nobody can, for it is not kept\n"
	"session: {max_duration: 8h, idle_timeout: 30m}\n"
	"admin: {listen: '127.0.0.1:9464'}    # /healthz, /metrics\n"
	"log: {format: json, level: info}\n";

static const char CLIENT_YAML[] =
	"# phigate: copy to ~/.config/phigate/client.yaml or /etc/phigate/client.yaml of every user.\n"
	"oidc:\n"
	"  issuer: https://idp.example.org    # edit: as in agent.yaml\n"
	"  client_id: phigate\n"
	"  scopes: [openid, email, groups, offline_access]\n"
	"\n"
	"agents:\n"
	"  - name: " NAME "\n"
	"    address: '127.0.0.1:%d'      # edit: the model host\n"
	"    user: %s\n"
	"    host_key: %s\n"
	"    signing_key: %s\n";

static enum rc put_agent(const struct making *m, struct buf *out)
{
	return buf_printf(out, AGENT_YAML, PORT, m->user);
}

static enum rc put_client(const struct making *m, struct buf *out)
{
	return buf_printf(out, CLIENT_YAML, PORT, m->user, m->host_key.data, m->signing_key.data);
}

static enum rc put_signers(const struct making *m, struct buf *out)
{
	return key_signers_line(NAME, buf_slice(&m->signing_key), 0, out);
}

static enum rc put_policy(const struct making *m, struct buf *out)
{
	(void)m;
	return buf_add(out, hipaa_yaml, (size_t)(hipaa_yaml_end - hipaa_yaml));
}

static const struct {
	const char *name, *what;
	enum rc (*put)(const struct making *m, struct buf *out);
} FILES[] = {
	{"agent.yaml", "the agent's configuration", put_agent},
	{"client.yaml", "for everybody who connects", put_client},
	{"allowed_signers", "whose bundles to believe, for verify and ssh-keygen", put_signers},
	{"policies/hipaa.yaml", "what is masked, refused, or waits for approval", put_policy},
};

/* Absent, or a folder with nothing in it. */
static enum rc check_empty(const char *dir, struct why *why)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool empty = true;

	if (!d)
		return errno == ENOENT ? RC_OK : why_set(why, RC_IO, "%s: %s", dir, strerror(errno));
	while ((e = readdir(d)))
		empty = empty && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0);
	closedir(d);
	return empty ? RC_OK : why_set(why, RC_CONFLICT, "%s is not empty; init only makes something new", dir);
}

static enum rc write_files(const struct making *m, struct why *why)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < sizeof FILES / sizeof *FILES && rc == RC_OK; i++) {
		char *path = path_join(m->dir, FILES[i].name);
		struct buf text;

		buf_init(&text, 1 << 20);
		rc = path ? FILES[i].put(m, &text) : RC_NOMEM;
		if (rc == RC_OK)
			rc = file_write(path, buf_slice(&text), 0644, why);
		buf_free(&text);
		free(path);
	}
	return rc;
}

static enum rc make_keys(struct making *m, const char *state_dir, struct why *why)
{
	enum rc rc = RC_OK;

	for (int kind = 0; kind < N_KEY_KINDS && rc == RC_OK; kind++)
		rc = key_make(state_dir, (enum key_kind)kind, NAME, why);
	if (rc == RC_OK)
		rc = key_public(state_dir, KEY_HOST, &m->host_key, why);
	return rc == RC_OK ? key_public(state_dir, KEY_SIGNING, &m->signing_key, why) : rc;
}

static enum rc make_all(struct making *m, struct why *why)
{
	char *state_dir = path_join(m->dir, "state"), *policies = path_join(m->dir, "policies");
	enum rc rc = state_dir && policies ? check_empty(m->dir, why) : RC_NOMEM;

	if (rc == RC_OK)
		rc = dir_make(m->dir, 0755, why);
	if (rc == RC_OK)
		rc = dir_make(policies, 0755, why);
	if (rc == RC_OK)
		rc = dir_make(state_dir, 0700, why);
	if (rc == RC_OK)
		rc = make_keys(m, state_dir, why);
	if (rc == RC_OK)
		rc = write_files(m, why);
	free(state_dir);
	free(policies);
	return rc;
}

static void tell(const struct making *m)
{
	for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++)
		printf("%s/%-20s %s\n", m->dir, FILES[i].name, FILES[i].what);
	printf("%s/%-20s host key and signing key; keep it private\n\n", m->dir, "state/keys");
	printf("Next:\n"
	       "  1. edit %s/agent.yaml: issuer, upstream, groups\n", m->dir);
	if (geteuid() == 0)
		printf("  2. useradd --system %s; chown -R %s %s/state\n", m->user, m->user, m->dir);
	else
		printf("  2. edit %s/policies/hipaa.yaml: who approves what\n", m->dir);
	printf("  3. phigate-agent check --config %s/agent.yaml\n"
	       "  4. phigate-agent run --config %s/agent.yaml\n"
	       "  5. edit issuer and address in %s/client.yaml and hand it out with allowed_signers\n", m->dir, m->dir, m->dir);
}

static int run(int argc, char **argv)
{
	struct making m = {0};
	const struct passwd *account = geteuid() == 0 ? NULL : getpwuid(geteuid());
	struct why why = {0};
	enum rc rc;

	if (argc != 2 || argv[1][0] == '-')
		return command_usage(&cmd_init, "it takes one folder, absent or empty");
	m.dir = argv[1];
	m.user = account ? account->pw_name : ROOT_USER;
	buf_init(&m.host_key, 1024);
	buf_init(&m.signing_key, 1024);
	umask(022);
	rc = make_all(&m, &why);
	if (rc == RC_OK)
		tell(&m);
	buf_free(&m.host_key);
	buf_free(&m.signing_key);
	return rc == RC_OK ? EXIT_DONE : command_failed(rc, &why);
}

const struct command cmd_init = {
	.name = "init", .args = "DIR", .help = "make a folder that is ready to edit and run", .run = run,
};
