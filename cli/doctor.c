/* phigate doctor: does everything that a connection needs work? One line each, and what to do where it does not. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agents.h"
#include "clock.h"
#include "fetch.h"
#include "json.h"
#include "jsonline.h"
#include "profile.h"
#include "local.h"
#include "term.h"
#include "when.h"

#define CLOCK_OFF_MAX_S 60                       /* as much as tokens are given */
#define WAIT_S 10

struct checkup {
	int status;                              /* of the first thing that fails, which may be why others do */
	bool json;
};

enum finding { GOOD, BAD, SKIPPED, NOTE };

static const struct {
	const char *word, *sign;
	enum style style;
} FINDINGS[] = {
	[GOOD] = {"ok", "ok    ", STYLE_GOOD}, [BAD] = {"fail", "FAIL  ", STYLE_BAD}, [SKIPPED] = {"skipped", "-     ", STYLE_DIM},
	[NOTE] = {"note", "note  ", STYLE_WARN},
};

/* One line: {"check","which","result":"ok|fail|skipped|note","text"} with --json. */
static void tell(const struct checkup *c, enum finding finding, const char *what, const char *which, const char *text)
{
	cJSON *object;

	if (c->json) {
		object = cJSON_CreateObject();
		cJSON_AddStringToObject(object, "check", what);
		if (which)
			cJSON_AddStringToObject(object, "which", which);
		cJSON_AddStringToObject(object, "result", FINDINGS[finding].word);
		cJSON_AddStringToObject(object, "text", text);
		(void)jsonline_print(stdout, object);
		cJSON_Delete(object);
		return;
	}
	term_printf(stdout, FINDINGS[finding].style, "%s", FINDINGS[finding].sign);
	printf("%-9s ", what);
	if (which && !strstr(text, which)) {
		term_text(stdout, slice_str(which));
		fputs(": ", stdout);
	}
	term_text(stdout, slice_str(text));
	fputc('\n', stdout);
}

static void good(const struct checkup *c, const char *what, const char *which, const char *fmt, ...) PRINTF_LIKE(4, 5);

static void good(const struct checkup *c, const char *what, const char *which, const char *fmt, ...)
{
	char line[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	tell(c, GOOD, what, which, line);
}

static void bad(struct checkup *c, const char *what, const char *which, int status, const char *reason)
{
	tell(c, BAD, what, which, reason);
	if (c->status == EXIT_DONE)
		c->status = status;
}

static int64_t ms_since(int64_t start_ns)
{
	return (clock_mono_ns() - start_ns) / NS_PER_MS;
}

/* ---- checks -------------------------------------------------------------------------------------------------------------- */

static void check_clock(struct checkup *c, int64_t date_s)
{
	int64_t off_s = clock_wall_s() - date_s;
	char reason[200];

	if (!date_s) {
		tell(c, SKIPPED, "clock", NULL, "the provider does not tell the time, so it was not compared");
		return;
	}
	if (llabs(off_s) <= CLOCK_OFF_MAX_S) {
		good(c, "clock", NULL, "within %lld s of the provider's", (long long)llabs(off_s) + 1);
		return;
	}
	snprintf(reason, sizeof reason, "%lld s %s of the provider's, and tokens are given %d s; set it by a time server (timedatectl set-ntp true)",
		 (long long)llabs(off_s), off_s > 0 ? "ahead" : "behind", CLOCK_OFF_MAX_S);
	bad(c, "clock", NULL, EXIT_FAILED, reason);
}

static void check_provider(struct checkup *c, const struct client_config *config)
{
	int64_t start_ns = clock_mono_ns(), date_s = 0;
	struct why why = {0};
	struct buf url, body;
	const char *issuer;
	size_t n = strlen(config->issuer);
	cJSON *tree = NULL;
	int http = 0;
	enum rc rc;

	buf_init(&url, 4096);
	buf_init(&body, 1 << 20);
	while (n && config->issuer[n - 1] == '/')
		n--;
	rc = buf_printf(&url, "%.*s/.well-known/openid-configuration", (int)n, config->issuer);
	if (rc == RC_OK)
		rc = fetch_run(&(struct fetch){.url = url.data, .ca_file = config->ca_file, .date_s = &date_s}, &http, &body, &why);
	if (rc == RC_OK && http == 200)
		tree = json_parse(buf_slice(&body));
	issuer = json_text(tree, "issuer");
	if (rc != RC_OK)
		bad(c, "provider", config->issuer, EXIT_UNREACHABLE, why.text);
	else if (!issuer)
		bad(c, "provider", config->issuer, EXIT_FAILED, "what answers there is no OpenID provider; look at oidc.issuer in client.yaml");
	else if (strcmp(issuer, config->issuer) != 0)
		bad(c, "provider", config->issuer, EXIT_FAILED, "it calls itself by another name; oidc.issuer in client.yaml must be that one exactly");
	else
		good(c, "provider", config->issuer, "answers in %lld ms", (long long)ms_since(start_ns));
	check_clock(c, date_s);
	cJSON_Delete(tree);
	buf_free(&url);
	buf_free(&body);
}

static struct signin *check_signin(struct checkup *c, const struct client_config *config)
{
	struct signin *signin = NULL;
	struct why why = {0};
	char when[WHEN_TEXT], text[CLOCK_TEXT];
	enum rc rc = signin_load(config, 30, &signin, &why);

	if (rc == RC_OK)
		good(c, "sign-in", signin->user, "member of %zu groups, good until %s%s", signin->groups.n,
		     when_local(clock_text_s(signin->expires_s, text), when), signin->refresh_token.len ? ", then renewed" :
		     "; the provider gave no refresh token (offline_access)");
	else
		bad(c, "sign-in", NULL, rc == RC_NOT_FOUND ? EXIT_SIGNED_OUT : rc == RC_UNREACHABLE ? EXIT_UNREACHABLE : EXIT_FAILED, why.text);
	return signin;
}

/* Signed in, and of no use: in which group would one have to be? */
static void no_group(struct checkup *c, const struct agent_entry *agent, const cJSON *connections)
{
	const cJSON *connection, *group;
	struct buf text;
	bool more = false;

	buf_init(&text, 800);
	buf_puts(&text, "no connection is for a group of yours; ask to be made a member of one of (");
	cJSON_ArrayForEach(connection, connections)
		cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(connection, "groups"))
			if (cJSON_IsString(group)) {
				buf_printf(&text, "%s%s", more ? ", " : "", group->valuestring);
				more = true;
			}
	buf_printf(&text, "), then: %s", profile_login());
	bad(c, "groups", agent->name, EXIT_REFUSED, text.rc == RC_OK ? text.data : "no connection is for a group of yours; phigate ls lists them");
	buf_free(&text);
}

/* What the agent finds of itself: recordings, disk, store, provider, policies, and the models that one may use. */
static void check_health(struct checkup *c, const struct agent_entry *agent, struct control *control)
{
	cJSON *list = NULL, *item;
	struct why why = {0};
	enum rc rc = control_call(control, "GET", "/v1/health", NULL, &list, &why);

	if (rc == RC_NOT_FOUND)
		tell(c, SKIPPED, "health", agent->name, "the agent is older and does not tell");
	else if (rc != RC_OK)
		bad(c, "health", agent->name, EXIT_FAILED, why.text);
	cJSON_ArrayForEach(item, list) {
		const char *name = json_text(item, "name"), *text = json_text(item, "text"), *connection = json_text(item, "connection");
		char which[200];

		snprintf(which, sizeof which, "%s%s%s", agent->name, connection ? "/" : "", connection ? connection : "");
		if (name && text && json_true(item, "good"))
			good(c, name, which, "%s", text);
		else if (name && text)
			bad(c, name, which, EXIT_FAILED, text);
	}
	cJSON_Delete(list);
}

/* What the agent makes of us: the control channel, the token, the groups. */
static void check_control(struct checkup *c, const struct agent_entry *agent, struct tunnel *tunnel, const struct signin *signin)
{
	struct control *control = NULL;
	struct why why = {0};
	cJSON *who = NULL, *list = NULL, *item;
	int may = 0;
	enum rc rc = control_on(tunnel, signin, &control, &why);

	if (rc == RC_OK)
		rc = control_call(control, "GET", "/v1/whoami", NULL, &who, &why);
	if (rc == RC_OK)
		rc = control_call(control, "GET", "/v1/connections", NULL, &list, &why);
	cJSON_ArrayForEach(item, list)
		may += json_true(item, "allowed");
	if (rc == RC_OK && !may && cJSON_GetArraySize(list))
		no_group(c, agent, list);
	else if (rc == RC_OK)
		good(c, "account", agent->name, "you are %s there, and may use %d of %d connections", json_text(who, "user") ? json_text(who, "user") : "?",
		     may, cJSON_GetArraySize(list));
	else
		bad(c, "account", agent->name, rc == RC_DENIED ? EXIT_REFUSED : EXIT_FAILED, why.text);
	if (rc == RC_OK)
		check_health(c, agent, control);
	cJSON_Delete(who);
	cJSON_Delete(list);
	control_close(control);
}

static void check_agent(struct checkup *c, const struct agent_entry *agent, const struct signin *signin)
{
	int64_t start_ns = clock_mono_ns();
	struct tunnel *tunnel;
	struct why why = {0};
	enum rc rc = tunnel_open(agent, signin, WAIT_S, -1, &tunnel, &why);

	if (rc != RC_OK) {
		bad(c, rc == RC_DENIED && strstr(why.text, "host key") ? "host key" : "agent", agent->name,
		    rc == RC_DENIED ? EXIT_REFUSED : rc == RC_UNREACHABLE ? EXIT_UNREACHABLE : EXIT_FAILED, why.text);
		return;
	}
	good(c, "agent", agent->name, "tunnel to %s open in %lld ms", agent->address, (long long)ms_since(start_ns));
	good(c, "host key", agent->name, "%s, as in client.yaml", tunnel_fingerprint(tunnel));
	check_control(c, agent, tunnel, signin);
	tunnel_close(tunnel);
}

/* Ports of client.yaml that connect could not open. */
static void check_ports(struct checkup *c, const struct client_config *config)
{
	for (size_t i = 0; i < config->n_connections; i++) {
		const struct connection_entry *e = &config->connections[i];
		struct why why = {0};
		char reason[1200];
		int fd, port;

		if (!e->port)
			continue;
		if (local_listen((int)e->port, &fd, &port, &why) == RC_OK) {
			close(fd);
			good(c, "port", e->name, "%d is free", port);
			continue;
		}
		snprintf(reason, sizeof reason, "%s; unless that is your own phigate connect, end it, or set another port under connections: in "
			 "client.yaml", why.text);
		bad(c, "port", e->name, EXIT_FAILED, reason);
	}
}

/* Programs that ask a proxy for local addresses would show it the prompts. */
static void check_proxy(const struct checkup *c)
{
	static const char *const names[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
	const char *past = getenv("no_proxy") ? getenv("no_proxy") : getenv("NO_PROXY");

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (getenv(names[i]) && *getenv(names[i]) && !(past && strstr(past, "127.0.0.1"))) {
			tell(c, NOTE, "proxy", names[i], "is set: say NO_PROXY=127.0.0.1, so that programs do not send prompts there");
			return;
		}
}

static int run(const struct arguments *args)
{
	struct checkup c = {.status = EXIT_DONE, .json = argument(args, "--json")};
	struct client_config *config = NULL;
	struct signin *signin = NULL;
	struct why why = {0};
	char text[1024];

	if (client_config_load(&config, &why) != RC_OK) {
		bad(&c, "config", NULL, EXIT_FAILED, why_text(&why, text, sizeof text));
		return c.status;
	}
	good(&c, "config", config->path, "%zu agent%s", config->n_agents, config->n_agents == 1 ? "" : "s");
	check_ports(&c, config);
	check_provider(&c, config);
	signin = check_signin(&c, config);
	for (size_t i = 0; signin && i < config->n_agents; i++)
		check_agent(&c, &config->agents[i], signin);
	if (!signin)
		tell(&c, SKIPPED, "agents", NULL, "not tried for want of a sign-in");
	check_proxy(&c);
	signin_free(signin);
	client_config_free(config);
	return c.status;
}

static const struct option_spec options[] = {
	{"--json", NULL, "one JSON object a line"},
	{NULL, NULL, NULL},
};

const struct command cmd_doctor = {
	.name = "doctor", .args = "", .help = "check configuration, clock, provider, sign-in and agents", .options = options, .run = run,
};
