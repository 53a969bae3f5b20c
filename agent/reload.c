#include "reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "digest.h"
#include "file.h"
#include "json.h"
#include "ledger.h"
#include "log.h"
#include "policies.h"

#define WAIT_S 2
#define ANSWER_MAX ((size_t)1 << 20)

struct reload {
	struct agent *agent;
	struct yaml *config;                     /* agent.yaml as it is in force */
	struct sockaddr_un at;
	int listener;
};

/* ---- agent.yaml ------------------------------------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same(const struct yaml *a, const struct yaml *b)
{
	if (!a || !b)
		return a == b;
	if (a->type != b->type || !same_text(a->text, b->text) || !same_text(a->key ? a->key->text : NULL, b->key ? b->key->text : NULL))
		return false;
	for (a = a->child, b = b->child; a && b; a = a->next, b = b->next)
		if (!same(a, b))
			return false;
	return a == b;
}

static void add_changed(struct buf *out, const struct yaml *map, const struct yaml *other, bool only_missing)
{
	for (const struct yaml *v = map->child; v; v = v->next) {
		const struct yaml *w = yaml_get(other, v->key->text);

		if (only_missing ? w != NULL : same(v, w))
			continue;
		if (out->data[out->len - 1] != '[')
			buf_putc(out, ',');
		json_add_str(out, v->key->text);
	}
}

/* The sections that differ from those in force. */
static enum rc add_restart(const struct reload *r, struct buf *out, struct why *why)
{
	struct yaml *now = NULL;
	enum rc rc = yaml_load(r->agent->config->path, &now, why);

	buf_puts(out, "[");
	if (rc == RC_OK && out->rc == RC_OK) {
		add_changed(out, now, r->config, false);
		add_changed(out, r->config, now, true);
	}
	buf_puts(out, "]");
	yaml_free(now);
	return rc == RC_OK ? out->rc : rc;
}

/* ---- policies --------------------------------------------------------------------------------------------------------------- */

struct change {
	const char *name;
	struct policy *before;
};

static void add_hash(struct buf *out, const char *name, const char *text, char hex[SHA256_HEX])
{
	sha256_hex(text, strlen(text), hex);
	buf_printf(out, ",\"%s\":\"%s\"", name, hex);
}

/* It is in force already; that it is not in the ledger is the operator's matter. */
static void tell_ledger(struct ledger *ledger, const struct buf *leaf, enum rc made, const char *what)
{
	if (made != RC_OK || ledger_add(ledger, buf_slice(leaf), NULL) != RC_OK)
		log_error("ledger_not_written", L_TEXT("what", what));
}

static void tell_policy(struct ledger *ledger, const char *name, const char *sum)
{
	char time[CLOCK_TEXT];
	struct buf leaf;

	buf_init(&leaf, LEAF_MAX);
	tell_ledger(ledger, &leaf, LEAF(LEAF_POLICY, &leaf, name, sum, clock_text_us(clock_wall_ns(), time)), "a policy has changed");
	buf_free(&leaf);
}

static void tell_config(const struct reload *r)
{
	char time[CLOCK_TEXT], sum[SHA256_HEX] = "";
	struct buf leaf, text;

	buf_init(&leaf, LEAF_MAX);
	buf_init(&text, BUF_MAX_DEFAULT);
	if (file_read(r->agent->config->path, &text, NULL) == RC_OK)
		sha256_hex(text.data, text.len, sum);
	tell_ledger(r->agent->ledger, &leaf, LEAF(LEAF_CONFIG, &leaf, sum, clock_text_us(clock_wall_ns(), time)), "agent.yaml was read again");
	buf_free(&leaf);
	buf_free(&text);
}

/* Policies that have changed, into the answer, the ledger and the log. */
static void tell_change(struct ledger *ledger, const struct change *change, const struct policy *now, const struct reload_by *by, struct buf *out)
{
	char before[SHA256_HEX], after[SHA256_HEX];

	if (!now || !change->before || strcmp(policy_text(change->before), policy_text(now)) == 0)
		return;
	buf_puts(out, out->data[out->len - 1] == '[' ? "{\"name\":" : ",{\"name\":");
	json_add_str(out, change->name);
	add_hash(out, "before", policy_text(change->before), before);
	add_hash(out, "after", policy_text(now), after);
	buf_putc(out, '}');
	tell_policy(ledger, change->name, after);
	log_info("policy_changed", L_TEXT("policy", change->name), L_TEXT("by", by->how), L_NUM("uid", by->uid), L_NUM("pid", by->pid),
		 L_TEXT("before", before), L_TEXT("after", after));
}

static void add_why(struct buf *out, const struct why *why)
{
	buf_puts(out, "{\"file\":");
	json_add_str(out, why->file);
	buf_printf(out, ",\"line\":%d,\"column\":%d,\"text\":", why->line, why->column);
	json_add_str(out, why->text);
	buf_putc(out, '}');
}

static void tell_warnings(const struct policy *now, struct buf *warnings)
{
	for (size_t i = 0; now && policy_warning(now, i); i++) {
		if (warnings->len)
			buf_putc(warnings, ',');
		add_why(warnings, policy_warning(now, i));
	}
}

/* The names of all policies in use, each once, and what is in force under them. */
static enum rc changes_begin(const struct reload *r, struct change **out, size_t *n)
{
	const struct config *c = r->agent->config;
	struct change *list = calloc(c->n_connections + 1, sizeof *list);

	*out = list;
	*n = 0;
	for (size_t i = 0; list && i < c->n_connections; i++) {
		const char *name = c->connections[i].policy;
		size_t k = 0;

		while (k < *n && strcmp(list[k].name, name) != 0)
			k++;
		if (k == *n)
			list[(*n)++] = (struct change){name, policies_get(r->agent->policies, name)};
	}
	return list ? RC_OK : RC_NOMEM;
}

static enum rc take_over(struct reload *r, const struct reload_by *by, struct buf *out, struct why *why)
{
	struct config *config = NULL;
	struct change *changes = NULL;
	struct buf warnings, restart;
	size_t n = 0;
	enum rc rc = config_load(r->agent->config->path, &config, why);

	buf_init(&warnings, ANSWER_MAX / 2);
	buf_init(&restart, 65536);
	if (rc == RC_OK)
		rc = changes_begin(r, &changes, &n);
	if (rc == RC_OK)
		rc = add_restart(r, &restart, why);
	if (rc == RC_OK)
		rc = policies_reload(r->agent->policies, why);
	if (rc == RC_OK)
		buf_puts(out, "{\"ok\":true,\"policies\":[");
	for (size_t i = 0; i < n; i++) {
		struct policy *now = rc == RC_OK ? policies_get(r->agent->policies, changes[i].name) : NULL;

		if (rc == RC_OK) {
			tell_change(r->agent->ledger, &changes[i], now, by, out);
			tell_warnings(now, &warnings);
		}
		policy_unref(now);
		policy_unref(changes[i].before);
	}
	if (rc == RC_OK) {
		buf_printf(out, "],\"restart\":%s,\"warnings\":[", restart.data);
		buf_add_slice(out, buf_slice(&warnings));
		buf_puts(out, "]}");
		tell_config(r);
		log_info("reloaded", L_TEXT("by", by->how), L_NUM("uid", by->uid), L_NUM("pid", by->pid), L_TEXT("waits_for_restart", restart.data));
	}
	free(changes);
	buf_free(&warnings);
	buf_free(&restart);
	config_free(config);
	return rc == RC_OK ? out->rc : rc;
}

enum rc reload_now(struct reload *r, const struct reload_by *by, struct buf *out)
{
	struct why why = {0};
	char text[1024];
	enum rc rc = take_over(r, by, out, &why);

	if (rc == RC_OK)
		return rc;
	if (!why.text[0])
		(void)why_set(&why, rc, "%s", rc_name(rc));
	log_error("reload_refused", L_TEXT("by", by->how), L_NUM("uid", by->uid), L_NUM("pid", by->pid),
		  L_TEXT("reason", why_text(&why, text, sizeof text)), L_TEXT("in_force", "what was before"));
	buf_clear(out);
	buf_puts(out, "{\"ok\":false,\"error\":");
	add_why(out, &why);
	buf_putc(out, '}');
	return rc;
}

/* ---- the socket ------------------------------------------------------------------------------------------------------------- */

char *reload_path(const char *state_dir)
{
	return path_join(state_dir, "run/reload");
}

static enum rc listen_at(struct reload *r, struct why *why)
{
	char *path = reload_path(r->agent->config->state_dir);
	int n = path ? snprintf(r->at.sun_path, sizeof r->at.sun_path, "%s", path) : -1;

	free(path);
	r->at.sun_family = AF_UNIX;
	if (n < 0)
		return RC_NOMEM;
	if (n >= (int)sizeof r->at.sun_path)
		return why_set(why, RC_BAD, "state_dir is too long a path: sockets in it may have %zu characters", sizeof r->at.sun_path - 1);
	r->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (r->listener < 0 || (unlink(r->at.sun_path) != 0 && errno != ENOENT) ||
	    bind(r->listener, (struct sockaddr *)&r->at, sizeof r->at) != 0 || listen(r->listener, 8) != 0)
		return why_set(why, RC_IO, "%s: cannot listen: %s", r->at.sun_path, strerror(errno));
	return RC_OK;
}

enum rc reload_new(struct agent *agent, struct reload **out, struct why *why)
{
	struct reload *r = calloc(1, sizeof *r);
	enum rc rc;

	*out = r;
	if (!r)
		return RC_NOMEM;
	*r = (struct reload){.agent = agent, .listener = -1};
	rc = yaml_load(agent->config->path, &r->config, why);
	return rc == RC_OK ? listen_at(r, why) : rc;
}

void reload_free(struct reload *r)
{
	if (!r)
		return;
	if (r->listener >= 0) {
		unlink(r->at.sun_path);
		close(r->listener);
	}
	yaml_free(r->config);
	free(r);
}

int reload_fd(const struct reload *r)
{
	return r->listener;
}

void reload_serve(struct reload *r)
{
	const struct timeval wait = {.tv_sec = WAIT_S};
	struct ucred peer = {0};
	socklen_t n = sizeof peer;
	int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC);
	struct buf out;

	if (fd < 0)
		return;
	buf_init(&out, ANSWER_MAX);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 && (peer.uid == geteuid() || peer.uid == 0) &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0) {
		(void)reload_now(r, &(struct reload_by){"command", peer.uid, peer.pid}, &out);
		(void)!send(fd, out.data, out.len, MSG_NOSIGNAL);        /* who asked has gone; the log has it */
	} else {
		log_warn("reload_refused", L_NUM("uid", peer.uid), L_NUM("pid", peer.pid), L_TEXT("reason", "another user's"));
	}
	close(fd);
	buf_free(&out);
}
