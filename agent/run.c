/* `phigate-agent run`: a list of steps up, a loop that waits for signals, and the same steps down in reverse. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin.h"
#include "agent.h"
#include "archive.h"
#include "clock.h"
#include "command.h"
#include "digest.h"
#include "events.h"
#include "file.h"
#include "gate.h"
#include "hold.h"
#include "identity.h"
#include "keeper.h"
#include "keys.h"
#include "ledger.h"
#include "listen.h"
#include "log.h"
#include "notice.h"
#include "policy.h"
#include "record.h"
#include "reload.h"
#include "session.h"
#include "sink.h"
#include "store.h"
#include "usage.h"

#define CONFIG_MAX_BYTES ((size_t)4 << 20)
#define FILES_MAX 65536
#define ARENAS_MAX 8                             /* malloc's; one for each thread would cost more memory than it saves time */

struct run {
	struct agent agent;
	struct config *config;                   /* until the first snapshot owns it */
	struct snapshot *first;
	struct admin *admin;
	struct reload *reload;
	int admin_listener, signals;
	bool stuck;                              /* a channel's thread did not end: nothing that it may use is freed */
};

/* ---- steps ------------------------------------------------------------------------------------------------------------ */

/* No core dumps and no ptrace by others: keys and PHI are in this memory. */
static enum rc harden(struct run *r, struct why *why)
{
	const struct rlimit no_core = {0, 0};
	struct rlimit files;

	(void)r;
	umask(077);
	if (setrlimit(RLIMIT_CORE, &no_core) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return why_set(why, RC_IO, "cannot forbid core dumps: %s", strerror(errno));
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
		setrlimit(RLIMIT_NOFILE, &files);        /* fewer descriptors mean fewer connections, no more */
	}
	mallopt(M_ARENA_MAX, ARENAS_MAX);
	return RC_OK;
}

static enum rc catch_signals(struct run *r, struct why *why)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	r->signals = sigprocmask(SIG_BLOCK, &set, NULL) == 0 ? signalfd(-1, &set, SFD_CLOEXEC) : -1;
	r->agent.stop_fd = eventfd(0, EFD_CLOEXEC);
	return r->signals >= 0 && r->agent.stop_fd >= 0 ? RC_OK : why_set(why, RC_IO, "cannot watch signals: %s", strerror(errno));
}

static void release_signals(struct run *r)
{
	if (r->signals >= 0)
		close(r->signals);
	if (r->agent.stop_fd >= 0)
		close(r->agent.stop_fd);
}

/* While still root, for ports below 1024. */
static enum rc bind_listeners(struct run *r, struct why *why)
{
	enum rc rc = listen_bind(r->agent.config->listen, &r->agent.ssh_listener, why);

	if (rc == RC_OK && r->agent.config->admin_listen)
		rc = listen_bind(r->agent.config->admin_listen, &r->admin_listener, why);
	return rc;
}

static void close_listeners(struct run *r)
{
	if (r->agent.ssh_listener >= 0)
		close(r->agent.ssh_listener);
	if (r->admin_listener >= 0)
		close(r->admin_listener);
}

/* The state folder is made while root still can, and given to the user. */
static enum rc make_state_dir(const char *path, uid_t uid, gid_t gid, struct why *why)
{
	struct stat st;
	enum rc rc;

	if (stat(path, &st) == 0)
		return RC_OK;
	rc = dir_make(path, 0700, why);
	if (rc == RC_OK && chown(path, uid, gid) != 0)
		rc = why_set(why, RC_IO, "%s: cannot give it to the agent's user: %s", path, strerror(errno));
	return rc;
}

static enum rc become_user(struct run *r, struct why *why)
{
	const struct config *c = r->agent.config;
	const struct passwd *account = c->user ? getpwnam(c->user) : NULL;
	enum rc rc;

	if (c->user && !account)
		return why_set(why, RC_BAD, "user: there is no account \"%.64s\" on this machine; make one with: useradd --system %.64s",
			       c->user, c->user);
	if (geteuid() != 0) {
		if (account && account->pw_uid != geteuid())
			return why_set(why, RC_DENIED, "only root can become user \"%.64s\"; start the agent as root or as that user", c->user);
		return RC_OK;
	}
	if (!account || account->pw_uid == 0)
		return why_set(why, RC_DENIED, "the agent does not work as root; name an account of its own under user: in agent.yaml");
	rc = make_state_dir(c->state_dir, account->pw_uid, account->pw_gid, why);
	if (rc != RC_OK)
		return rc;
	if (initgroups(account->pw_name, account->pw_gid) != 0 ||
	    setresgid(account->pw_gid, account->pw_gid, account->pw_gid) != 0 ||
	    setresuid(account->pw_uid, account->pw_uid, account->pw_uid) != 0 || setuid(0) == 0)
		return why_set(why, RC_IO, "cannot become user \"%.64s\": %s", c->user, strerror(errno));
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? RC_OK : RC_IO;
}

static enum rc start_keeper(struct run *r, struct why *why)
{
	return keeper_start(&r->agent.keeper, why);
}

static void stop_keeper(struct run *r)
{
	keeper_stop(r->agent.keeper);
}

static enum rc check_state_dir(struct run *r, struct why *why)
{
	const char *path = r->agent.config->state_dir;
	char *keys = path_join(path, "keys");
	struct stat st;
	enum rc rc = keys ? dir_make(path, 0700, why) : RC_NOMEM;

	if (rc == RC_OK && stat(path, &st) != 0)
		rc = why_set(why, RC_IO, "%s: %s", path, strerror(errno));
	else if (rc == RC_OK && (st.st_uid != geteuid() || st.st_mode & 077))
		rc = why_set(why, RC_DENIED, "%s: only the agent's user may enter state_dir; run: chown -R USER %s && chmod 700 %s", path,
			     path, path);
	if (rc == RC_OK)
		rc = dir_make(keys, 0700, why);
	free(keys);
	return rc;
}

/* An agent that had none before gets its ledger and the key for it; one that had, keeps what it has or does not start. */
static enum rc make_ledger_key(const struct config *c, struct why *why)
{
	char *key = path_join(c->state_dir, "keys/ledger_ed25519"), *ledger = path_join(c->state_dir, "ledger");
	enum rc rc = key && ledger ? RC_OK : RC_NOMEM;

	if (rc == RC_OK && access(key, F_OK) != 0 && access(ledger, F_OK) != 0) {
		rc = key_make(c->state_dir, KEY_LEDGER, c->name, why);
		if (rc == RC_OK)
			log_info("ledger_key_made", L_TEXT("path", key));
	}
	free(key);
	free(ledger);
	return rc;
}

static enum rc start_ledger(struct run *r, struct why *why)
{
	const struct config *c = r->agent.config;
	enum rc rc = make_ledger_key(c, why);

	if (rc == RC_OK)
		rc = ledger_start(c->state_dir, c->name, &r->agent.ledger, why);
	return rc == RC_CONFLICT ? why_set(why, rc, "%s: another phigate-agent uses this state_dir", c->state_dir) : rc;
}

static void stop_ledger(struct run *r)
{
	ledger_stop(r->agent.ledger);
}

static enum rc open_store(struct run *r, struct why *why)
{
	char *path = path_join(r->agent.config->state_dir, "store.sqlite");
	enum rc rc = path ? store_open(path, &r->agent.store, why) : RC_NOMEM;

	free(path);
	return rc;
}

static void close_store(struct run *r)
{
	store_close(r->agent.store);
}

/* The first snapshot owns the configuration from here on. What cannot be read stops the start. */
static enum rc load_snapshot(struct run *r, struct why *why)
{
	enum rc rc = snapshot_new(r->config, &r->first, why);

	if (rc != RC_OK)
		return rc;
	r->config = NULL;
	return current_new(r->first, &r->agent.current);
}

static void free_current(struct run *r)
{
	current_free(r->agent.current);
}

static enum rc start_sinks(struct run *r, struct why *why)
{
	return sinks_new(r->agent.config, r->agent.ledger, &r->agent.sinks, why);
}

static void stop_sinks(struct run *r)
{
	sinks_free(r->agent.sinks);
}

static enum rc open_spool(struct run *r, struct why *why)
{
	const struct config *c = r->agent.config;
	const struct spool_options options = {
		.state_dir = c->state_dir, .agent_name = c->name, .ledger = r->agent.ledger, .strict = c->recording.strict,
		.per_person_max_bytes = c->limits.spool_per_person, .recipients = &c->recording.recipients,
		.originals = &c->recording.originals,
		.tap = sinks_tap(r->agent.sinks),
		.attest = {.authority = {.url = c->recording.timestamp.url, .roots_file = c->recording.timestamp.roots_file,
					 .ca_file = c->recording.timestamp.ca_file},
			   .witnesses = c->witnesses, .n_witnesses = c->n_witnesses},
	};
	enum rc rc = spool_open(&options, &r->agent.spool, why);

	return rc == RC_CONFLICT ? why_set(why, rc, "%s: another phigate-agent uses this state_dir", c->state_dir) : rc;
}

static void close_spool(struct run *r)
{
	spool_close(r->agent.spool);
}

/* It finds what was sealed before, and is told of what is sealed from here on. */
static enum rc start_archive(struct run *r, struct why *why)
{
	enum rc rc = archive_start(r->agent.config, r->agent.ledger, &r->agent.archive, why);

	if (rc == RC_OK)
		spool_on_sealed(r->agent.spool, archive_sealed, r->agent.archive);
	return rc;
}

static void stop_archive(struct run *r)
{
	if (r->agent.spool)
		spool_on_sealed(r->agent.spool, NULL, NULL);
	archive_stop(r->agent.archive);
}

static enum rc add_leaf(struct run *r, const struct buf *leaf, enum rc made, struct why *why)
{
	enum rc rc = made == RC_OK ? ledger_add(r->agent.ledger, buf_slice(leaf), NULL) : made;

	return rc == RC_OK ? rc : why_set(why, rc, "the ledger cannot be written; the log says why");
}

/* What has begun to run, with which configuration and policies: between two starts they may have changed. */
static enum rc tell_start(struct run *r, struct why *why)
{
	const struct config *c = r->agent.config;
	char time[CLOCK_TEXT], sum[SHA256_HEX];
	struct text_list told = {0};
	struct buf leaf, text;
	enum rc rc;

	buf_init(&leaf, LEAF_MAX);
	buf_init(&text, CONFIG_MAX_BYTES);
	clock_text_us(clock_wall_ns(), time);
	rc = add_leaf(r, &leaf, LEAF(LEAF_START, &leaf, PHIGATE_VERSION, spool_program(r->agent.spool), time), why);
	if (rc == RC_OK)
		rc = file_read(c->path, &text, why);
	if (rc == RC_OK) {
		sha256_hex(text.data, text.len, sum);
		buf_clear(&leaf);
		rc = add_leaf(r, &leaf, LEAF(LEAF_CONFIG, &leaf, sum, time), why);
	}
	for (size_t i = 0; i < c->n_connections && rc == RC_OK; i++) {
		const char *name = c->connections[i].policy;
		struct policy *policy = text_list_has(&told, name) ? NULL : policies_get(r->first->policies, name);

		if (!policy)
			continue;
		sha256_hex(policy_text(policy), strlen(policy_text(policy)), sum);
		buf_clear(&leaf);
		rc = add_leaf(r, &leaf, LEAF(LEAF_POLICY, &leaf, name, sum, time), why);
		if (rc == RC_OK)
			rc = text_list_add(&told, name);
		policy_unref(policy);
	}
	text_list_free(&told);
	buf_free(&leaf);
	buf_free(&text);
	return rc;
}

static void tell_stop(struct run *r)
{
	char time[CLOCK_TEXT];
	struct why why = {0};
	struct buf leaf;

	buf_init(&leaf, LEAF_MAX);
	if (add_leaf(r, &leaf, LEAF(LEAF_STOP, &leaf, clock_text_us(clock_wall_ns(), time)), &why) != RC_OK)
		log_error("ledger_not_written", L_TEXT("what", "that the agent stops"));
	buf_free(&leaf);
}

static enum rc start_identity(struct run *r, struct why *why)
{
	return identity_new(r->agent.current, r->agent.store, &r->agent.identity, why);
}

static void stop_identity(struct run *r)
{
	identity_free(r->agent.identity);
}

static enum rc start_notices(struct run *r, struct why *why)
{
	return notices_new(r->agent.config, r->agent.store, &r->agent.notices, why);
}

static void stop_notices(struct run *r)
{
	notices_free(r->agent.notices);
}

static enum rc start_holds(struct run *r, struct why *why)
{
	char *key_file = path_join(r->agent.config->state_dir, "keys/hold_hmac");
	enum rc rc = key_file ? holds_new(r->agent.store, key_file, r->agent.config->limits.held_per_person, &r->agent.holds, why)
		: RC_NOMEM;

	free(key_file);
	if (rc == RC_OK)
		holds_notify(r->agent.holds, r->agent.notices);
	return rc;
}

static void stop_holds(struct run *r)
{
	holds_free(r->agent.holds);
}

static enum rc start_sessions(struct run *r, struct why *why)
{
	return sessions_new(r->agent.current, r->agent.store, r->agent.spool, r->agent.notices, &r->agent.sessions, why);
}

static enum rc start_usage(struct run *r, struct why *why)
{
	(void)why;
	r->agent.usage = usage_new();
	return r->agent.usage ? RC_OK : RC_NOMEM;
}

static void stop_usage(struct run *r)
{
	usage_free(r->agent.usage);
}

static enum rc start_events(struct run *r, struct why *why)
{
	(void)why;
	return events_new(&r->agent, &r->agent.events);
}

/* After the sessions, which tell it of their end. */
static void free_sessions_then_events(struct run *r)
{
	sessions_free(r->agent.sessions);
	events_free(r->agent.events);
}

static enum rc start_gate(struct run *r, struct why *why)
{
	return gate_start(&r->agent, &r->agent.gate, why);
}

/* The sessions end first, while their people can still be told. */
static void stop_gate(struct run *r)
{
	const uint64_t one = 1;

	if (write(r->agent.stop_fd, &one, sizeof one) != (ssize_t)sizeof one)
		log_error("stop_not_told", L_TEXT("reason", strerror(errno)));
	sessions_stop(r->agent.sessions, SESSION_END_STOP);
	r->stuck = gate_stop(r->agent.gate) != RC_OK;
}

/* Behind the gate, which makes the folder of the socket. */
static enum rc start_reload(struct run *r, struct why *why)
{
	return reload_new(&r->agent, &r->reload, why);
}

static void stop_reload(struct run *r)
{
	reload_free(r->reload);
}

static enum rc start_admin(struct run *r, struct why *why)
{
	int listener = r->admin_listener;

	if (listener < 0)
		return RC_OK;
	r->admin_listener = -1;
	return admin_start(&r->agent, listener, &r->admin, why);
}

static void stop_admin(struct run *r)
{
	admin_stop(r->admin);
}

/* In this order up, in reverse down, the one that failed included: it may have got half way. */
static const struct step {
	enum rc (*up)(struct run *r, struct why *why);
	void (*down)(struct run *r);
} STEPS[] = {
	{harden, NULL},
	{catch_signals, release_signals},
	{bind_listeners, close_listeners},
	{become_user, NULL},
	{start_keeper, stop_keeper},
	{check_state_dir, NULL},
	{start_ledger, stop_ledger},
	{open_store, close_store},
	{load_snapshot, free_current},
	{start_sinks, stop_sinks},
	{open_spool, close_spool},
	{tell_start, tell_stop},
	{start_archive, stop_archive},
	{start_identity, stop_identity},
	{start_notices, stop_notices},
	{start_holds, stop_holds},
	{start_usage, stop_usage},
	{start_sessions, free_sessions_then_events},
	{start_events, NULL},
	{start_gate, stop_gate},
	{start_reload, stop_reload},
	{start_admin, stop_admin},
};
#define N_STEPS (sizeof STEPS / sizeof *STEPS)

/* ---- the loop --------------------------------------------------------------------------------------------------------- */

static void reload(struct run *r, const struct signalfd_siginfo *by)
{
	struct buf answer;

	sinks_reopen(r->agent.sinks);
	buf_init(&answer, 1 << 20);
	(void)reload_now(r->reload, &(struct reload_by){"SIGHUP", by->ssi_uid, (pid_t)by->ssi_pid}, &answer);        /* it is in the log */
	buf_free(&answer);
}

/* Until a signal, or the death of the keeper or of the notary, says to stop; the exit status. */
static int wait_for_the_end(struct run *r)
{
	struct pollfd p[4] = {
		{r->signals, POLLIN, 0}, {keeper_fd(r->agent.keeper), POLLIN, 0}, {reload_fd(r->reload), POLLIN, 0},
		{ledger_fd(r->agent.ledger), POLLRDHUP, 0},
	};

	for (;;) {
		struct signalfd_siginfo signal;

		if (poll(p, 4, -1) < 0 && errno != EINTR)
			return EXIT_FAILED;
		if (p[1].revents) {
			gate_end_all(r->agent.gate);
			log_error("keeper_died", L_TEXT("reason", "tunnels could outlive the agent now, so they are ended and it stops"));
			return EXIT_FAILED;
		}
		if (p[3].revents) {
			log_error("notary_died", L_TEXT("reason", "nothing can be signed any more, so the agent stops"));
			return EXIT_FAILED;
		}
		if (p[2].revents)
			reload_serve(r->reload);
		if (!p[0].revents || read(r->signals, &signal, sizeof signal) != (ssize_t)sizeof signal)
			continue;
		if (signal.ssi_signo != SIGHUP) {
			log_info("stopping", L_TEXT("signal", strsignal((int)signal.ssi_signo)));
			return EXIT_DONE;
		}
		reload(r, &signal);
	}
}

static int work(struct run *r)
{
	size_t up = 0;
	struct why why = {0};
	enum rc rc = RC_OK;
	int status;

	while (up < N_STEPS && (rc = STEPS[up].up(r, &why)) == RC_OK)
		up++;
	if (rc == RC_OK) {
		log_info("ready", L_TEXT("agent", r->agent.config->name), L_TEXT("listen", r->agent.config->listen),
			 L_NUM("loopback_port", keeper_port(r->agent.keeper)), L_NUM("connections", r->agent.config->n_connections),
			 L_TEXT("version", PHIGATE_VERSION));
		status = wait_for_the_end(r);
	} else {
		status = command_failed(rc, &why);
	}
	up += up < N_STEPS;
	while (up-- > 0 && !r->stuck)
		if (STEPS[up].down)
			STEPS[up].down(r);
	if (r->stuck)
		log_error("stopped", L_TEXT("reason", "a channel did not end in time"));
	else if (rc == RC_OK)
		log_info("stopped", L_NUM("status", status));
	return r->stuck ? EXIT_FAILED : status;
}

static int run(int argc, char **argv)
{
	struct run r = {.agent = {.ssh_listener = -1, .stop_fd = -1}, .admin_listener = -1, .signals = -1};
	const char *path = COMMAND_CONFIG_DEFAULT;
	struct why why = {0};
	int status, fd;

	if (command_option(&argc, argv, "--config", &path) != RC_OK || argc != 1)
		return command_usage(&cmd_run, "what is this argument for?");
	while ((fd = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0 && fd <= 2)
		continue;                                /* so that 0 to 2 are never a socket */
	close(fd);
	if (config_load(path, &r.config, &why) != RC_OK)
		return command_failed(RC_BAD, &why);
	r.agent.config = r.config;
	log_setup(2, r.agent.config->log_json, (enum log_level)r.agent.config->log_level);
	status = work(&r);
	if (r.stuck)
		_exit(status);
	snapshot_unref(r.first);
	config_free(r.config);
	return status;
}

const struct command cmd_run = {
	.name = "run", .args = "[--config FILE]", .help = "serve", .run = run,
};
