/* phigate doctor: does everything that a connection needs work? One line each, and what to do where it does not. */
#include <stdlib.h>
#include <string.h>

#include "agents.h"
#include "clock.h"
#include "fetch.h"
#include "json.h"
#include "term.h"
#include "when.h"

#define CLOCK_OFF_MAX_S 60                       /* as much as tokens are given */
#define WAIT_S 10

/* The exit status of the first thing that fails, which may be why others do. */
struct checkup {
	int status;
};

static void good(const char *what, const char *which, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void good(const char *what, const char *which, const char *fmt, ...)
{
	char line[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	term_printf(stdout, STYLE_GOOD, "ok    ");
	printf("%-9s ", what);
	if (which)
		term_text(stdout, slice_str(which));
	fputs(which ? ": " : "", stdout);
	term_text(stdout, slice_str(line));
	fputc('\n', stdout);
}

static void bad(struct checkup *c, const char *what, const char *which, int status, const char *reason)
{
	term_printf(stdout, STYLE_BAD, "FAIL  ");
	printf("%-9s ", what);
	if (which && !strstr(reason, which)) {
		term_text(stdout, slice_str(which));
		fputs(": ", stdout);
	}
	term_text(stdout, slice_str(reason));
	fputc('\n', stdout);
	if (c->status == EXIT_DONE)
		c->status = status;
}

static void skipped(const char *what, const char *reason)
{
	term_printf(stdout, STYLE_DIM, "-     %-9s %s\n", what, reason);
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
		skipped("clock", "the provider does not tell the time, so it was not compared");
		return;
	}
	if (llabs(off_s) <= CLOCK_OFF_MAX_S) {
		good("clock", NULL, "within %lld s of the provider's", (long long)llabs(off_s) + 1);
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
		good("provider", config->issuer, "answers in %lld ms", (long long)ms_since(start_ns));
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
		good("sign-in", signin->user, "member of %zu groups, good until %s%s", signin->groups.n,
		     when_local(clock_text_s(signin->expires_s, text), when), signin->refresh_token.len ? ", then renewed" :
		     "; the provider gave no refresh token (offline_access)");
	else
		bad(c, "sign-in", NULL, rc == RC_NOT_FOUND ? EXIT_SIGNED_OUT : rc == RC_UNREACHABLE ? EXIT_UNREACHABLE : EXIT_FAILED, why.text);
	return signin;
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
	if (rc == RC_OK)
		good("account", agent->name, "you are %s there, and may use %d of %d connections", json_text(who, "user") ? json_text(who, "user") : "?",
		     may, cJSON_GetArraySize(list));
	else
		bad(c, "account", agent->name, rc == RC_DENIED ? EXIT_REFUSED : EXIT_FAILED, why.text);
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
	good("agent", agent->name, "tunnel to %s open in %lld ms", agent->address, (long long)ms_since(start_ns));
	good("host key", agent->name, "%s, as in client.yaml", tunnel_fingerprint(tunnel));
	check_control(c, agent, tunnel, signin);
	tunnel_close(tunnel);
}

/* Programs that ask a proxy for local addresses would show it the prompts. */
static void check_proxy(void)
{
	static const char *const names[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
	const char *past = getenv("no_proxy") ? getenv("no_proxy") : getenv("NO_PROXY");

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (getenv(names[i]) && *getenv(names[i]) && !(past && strstr(past, "127.0.0.1"))) {
			term_printf(stdout, STYLE_WARN, "note  ");
			printf("%-9s %s is set: say NO_PROXY=127.0.0.1, so that programs do not send prompts there\n", "proxy", names[i]);
			return;
		}
}

static int run(const struct arguments *args)
{
	struct checkup c = {EXIT_DONE};
	struct client_config *config = NULL;
	struct signin *signin = NULL;
	struct why why = {0};
	char text[1024];

	(void)args;
	if (client_config_load(&config, &why) != RC_OK) {
		bad(&c, "config", NULL, EXIT_FAILED, why_text(&why, text, sizeof text));
		return c.status;
	}
	good("config", config->path, "%zu agent%s", config->n_agents, config->n_agents == 1 ? "" : "s");
	check_provider(&c, config);
	signin = check_signin(&c, config);
	for (size_t i = 0; signin && i < config->n_agents; i++)
		check_agent(&c, &config->agents[i], signin);
	if (!signin)
		skipped("agents", "not tried for want of a sign-in");
	check_proxy();
	signin_free(signin);
	client_config_free(config);
	return c.status;
}

const struct command cmd_doctor = {
	.name = "doctor", .args = "", .help = "check configuration, clock, provider, sign-in and agents", .run = run,
};
