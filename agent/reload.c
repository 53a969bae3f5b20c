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
#include "config_diff.h"
#include "digest.h"
#include "file.h"
#include "json.h"
#include "ledger.h"
#include "log.h"
#include "session.h"

#define WAIT_S 2
#define ANSWER_MAX ((size_t)1 << 20)

struct reload {
	struct agent *agent;
	struct yaml *config;                     /* agent.yaml as it is in force */
	struct sockaddr_un at;
	int listener;
};

/* ---- agent.yaml ------------------------------------------------------------------------------------------------------------- */

/* One attempt: what is in force, what is to come, and what there is to tell of it. */
struct change {
	struct snapshot *before, *after;         /* references */
	struct yaml *document;
	struct text_list keys, policies;         /* that differ; names of all policies of both */
	struct text_list restart;                /* those of the keys that stand in the way */
	size_t ended;
};

static void change_free(struct change *c)
{
	snapshot_unref(c->before);
	snapshot_unref(c->after);
	yaml_free(c->document);
	text_list_free(&c->keys);
	text_list_free(&c->policies);
	text_list_free(&c->restart);
}

/* It is in force already; that it is not in the ledger is the operator's matter. */
static void tell_ledger(struct ledger *ledger, const struct buf *leaf, enum rc made, const char *what)
{
	if (made != RC_OK || ledger_add(ledger, buf_slice(leaf), NULL) != RC_OK)
		log_error("ledger_not_written", L_TEXT("what", what));
}

static void policy_leaf(struct ledger *ledger, const char *name, const char *sum)
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

/* Where the key stands that is in the way, as far as it is one of the document. */
static const struct yaml *place_of(const struct yaml *document, const char *key)
{
	char section[64];
	const struct yaml *v, *inner;

	snprintf(section, sizeof section, "%.*s", (int)strcspn(key, "."), key);
	v = yaml_get(document, section);
	inner = v && key[strlen(section)] && v->type == YAML_MAP ? yaml_get(v, key + strlen(section) + 1) : NULL;
	return inner ? inner : v;
}

static enum rc refuse_restart(const struct reload *r, struct change *c, struct why *why)
{
	const struct yaml *at;
	struct buf names;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < c->keys.n && rc == RC_OK; i++)
		if (config_needs_restart(c->keys.item[i]))
			rc = text_list_add(&c->restart, c->keys.item[i]);
	if (rc != RC_OK || !c->restart.n)
		return rc;
	buf_init(&names, 400);
	for (size_t i = 0; i < c->restart.n; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", c->restart.item[i]);
	at = place_of(c->document, c->restart.item[0]);
	rc = why_at(why, RC_CONFLICT, at ? at->key->line : 0, at ? at->key->column : 0,
		    "a change of %s needs a restart: start the agent again, or put back what was there", names.len ? names.data : "several keys");
	why_file(why, rc, r->agent->config->path);
	buf_free(&names);
	return rc;
}

/* Secrets are read again even where no key has changed. */
static enum rc add_credentials(struct change *c)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < c->after->config->n_connections && rc == RC_OK; i++) {
		const char *name = c->after->config->connections[i].name;
		const struct target *now = c->after->targets[i], *was;
		struct buf key;
		size_t place;

		if (!snapshot_find(c->before, name, &place))
			continue;
		was = c->before->targets[place];
		if (!now->credential || !was->credential || strcmp(now->credential, was->credential) == 0)
			continue;
		buf_init(&key, 256);
		rc = buf_printf(&key, "connections.%s.credential.value_file (its text)", name);
		if (rc == RC_OK)
			rc = text_list_add(&c->keys, key.data);
		buf_free(&key);
	}
	return rc;
}

/* Everything is read and judged; nothing is in force yet. */
static enum rc prepare(struct reload *r, struct change *c, struct why *why)
{
	struct config *config = NULL;
	enum rc rc = config_load(r->agent->config->path, &config, why);

	if (rc == RC_OK)
		rc = yaml_load(r->agent->config->path, &c->document, why);
	if (rc == RC_OK)
		rc = config_diff(r->config, c->document, &c->keys);
	if (rc == RC_OK)
		rc = refuse_restart(r, c, why);
	if (rc == RC_OK)
		rc = snapshot_new(config, &c->after, why);
	if (rc == RC_OK)
		return add_credentials(c);
	config_free(config);
	return rc;
}

/* ---- what there is to tell -------------------------------------------------------------------------------------------------- */

static enum rc add_names(const struct config *c, struct text_list *out)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < c->n_connections && rc == RC_OK; i++)
		if (!text_list_has(out, c->connections[i].policy))
			rc = text_list_add(out, c->connections[i].policy);
	return rc;
}

static void add_list(struct buf *out, const struct text_list *list)
{
	buf_putc(out, '[');
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			buf_putc(out, ',');
		json_add_str(out, list->item[i]);
	}
	buf_putc(out, ']');
}

/* "" and null: there is none. */
static void add_hash(struct buf *out, const char *name, const struct policy *policy, char hex[SHA256_HEX])
{
	hex[0] = '\0';
	if (policy)
		sha256_hex(policy_text(policy), strlen(policy_text(policy)), hex);
	buf_printf(out, ",\"%s\":", name);
	json_add_str(out, policy ? hex : NULL);
}

/* A policy that has changed, came or went, into the answer, the ledger and the log. */
static void tell_policy(struct ledger *ledger, const char *name, const struct policy *before, const struct policy *after,
			const struct reload_by *by, struct buf *out)
{
	char was[SHA256_HEX], is[SHA256_HEX];

	if (before && after && strcmp(policy_text(before), policy_text(after)) == 0)
		return;
	buf_puts(out, out->data[out->len - 1] == '[' ? "{\"name\":" : ",{\"name\":");
	json_add_str(out, name);
	add_hash(out, "before", before, was);
	add_hash(out, "after", after, is);
	buf_putc(out, '}');
	if (after)
		policy_leaf(ledger, name, is);
	log_info("policy_changed", L_TEXT("policy", name), L_TEXT("by", by->how), L_NUM("uid", by->uid), L_NUM("pid", by->pid),
		 L_TEXT("before", was), L_TEXT("after", is));
}

static void add_why(struct buf *out, const struct why *why)
{
	buf_puts(out, "{\"file\":");
	json_add_str(out, why->file);
	buf_printf(out, ",\"line\":%d,\"column\":%d,\"text\":", why->line, why->column);
	json_add_str(out, why->text);
	buf_putc(out, '}');
}

static void add_warnings(const struct policy *now, struct buf *warnings)
{
	for (size_t i = 0; now && policy_warning(now, i); i++) {
		if (warnings->len)
			buf_putc(warnings, ',');
		add_why(warnings, policy_warning(now, i));
	}
}

static enum rc tell(const struct reload *r, const struct change *c, const struct reload_by *by, struct buf *out)
{
	struct buf warnings, keys;

	buf_init(&warnings, ANSWER_MAX / 2);
	buf_init(&keys, ANSWER_MAX / 4);
	add_list(&keys, &c->keys);
	buf_puts(out, "{\"ok\":true,\"changed\":");
	buf_add_slice(out, buf_slice(&keys));
	buf_puts(out, ",\"policies\":[");
	for (size_t i = 0; i < c->policies.n; i++) {
		struct policy *before = policies_get(c->before->policies, c->policies.item[i]);
		struct policy *after = policies_get(c->after->policies, c->policies.item[i]);

		tell_policy(r->agent->ledger, c->policies.item[i], before, after, by, out);
		add_warnings(after, &warnings);
		policy_unref(before);
		policy_unref(after);
	}
	buf_printf(out, "],\"sessions_ended\":%zu,\"warnings\":[", c->ended);
	buf_add_slice(out, buf_slice(&warnings));
	buf_puts(out, "]}");
	tell_config(r);
	for (size_t i = 0; i < c->keys.n; i++)
		log_info("config_changed", L_TEXT("key", c->keys.item[i]), L_TEXT("by", by->how), L_NUM("uid", by->uid), L_NUM("pid", by->pid));
	log_info("reloaded", L_TEXT("by", by->how), L_NUM("uid", by->uid), L_NUM("pid", by->pid), L_NUM("keys_changed", c->keys.n),
		 L_NUM("sessions_ended", c->ended));
	buf_free(&warnings);
	buf_free(&keys);
	return out->rc;
}

static enum rc take_over(struct reload *r, struct change *c, struct why *why)
{
	enum rc rc;

	c->before = current_get(r->agent->current);
	rc = prepare(r, c, why);
	if (rc == RC_OK)
		rc = add_names(c->before->config, &c->policies);
	if (rc == RC_OK)
		rc = add_names(c->after->config, &c->policies);
	if (rc != RC_OK)
		return rc;
	current_set(r->agent->current, snapshot_ref(c->after));
	yaml_free(r->config);
	r->config = c->document;
	c->document = NULL;
	c->ended = sessions_recheck(r->agent->sessions);
	return RC_OK;
}

enum rc reload_now(struct reload *r, const struct reload_by *by, struct buf *out)
{
	struct why why = {0};
	struct change c = {0};
	char text[1024];
	enum rc rc = take_over(r, &c, &why);

	if (rc == RC_OK) {
		rc = tell(r, &c, by, out);
		goto out;
	}
	if (!why.text[0])
		(void)why_set(&why, rc, "%s", rc_name(rc));
	log_error("reload_refused", L_TEXT("by", by->how), L_NUM("uid", by->uid), L_NUM("pid", by->pid),
		  L_TEXT("reason", why_text(&why, text, sizeof text)), L_TEXT("in_force", "what was before"));
	buf_clear(out);
	buf_puts(out, "{\"ok\":false,\"error\":");
	add_why(out, &why);
	buf_puts(out, ",\"restart\":");
	add_list(out, &c.restart);
	buf_putc(out, '}');
out:
	change_free(&c);
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
