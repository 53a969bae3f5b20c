/* Opens a session as `phigate connect` does and prints what a channel of it begins with, so that the load generator can talk to the
 * agent's own port without a tunnel. Usage: session AGENT CONNECTION, with the environment of somebody who is signed in; prints
 * {"session":…,"session_key":…,"api_key":…}. The session stays open. */
#include "note.h"

#include "digest.h"
#include "encode.h"
#include "../../cli/control.h"

static struct client_config *config;
static struct signin *signin;
static struct control *control;

static int failed(const struct why *why)
{
	char text[1024];

	fprintf(stderr, "session: %s\n", why_text(why, text, sizeof text));
	return 1;
}

static const struct agent_entry *find_agent(const char *name)
{
	for (size_t i = 0; i < config->n_agents; i++)
		if (strcmp(config->agents[i].name, name) == 0)
			return &config->agents[i];
	fprintf(stderr, "session: client.yaml has no agent %s\n", name);
	exit(1);
}

/* phg_ and 32 random bytes, and their digest, which is all that the agent is told. */
static void make_api_key(struct buf *key, char digest[65])
{
	unsigned char raw[32], sum[32];

	random_bytes(raw, sizeof raw);
	buf_init(key, 128);
	buf_puts(key, "phg_");
	base64url_encode(raw, sizeof raw, key);
	sha256(key->data, key->len, sum);
	hex_encode(sum, sizeof sum, digest);
}

int main(int argc, char **argv)
{
	struct why why = {0};
	struct buf api_key;
	char digest[65], body[512];
	cJSON *said = NULL;
	const cJSON *id, *key;

	if (argc != 3)
		return 2;
	if (client_config_load(&config, &why) != RC_OK || signin_load(config, 60, &signin, &why) != RC_OK ||
	    control_open(find_agent(argv[1]), signin, &control, &why) != RC_OK)
		return failed(&why);
	make_api_key(&api_key, digest);
	snprintf(body, sizeof body, "{\"connection\":\"%.64s\",\"api_key_sha256\":\"%s\",\"reason\":\"bench\"}", argv[2], digest);
	if (control_call(control, "POST", "/v1/sessions", body, &said, &why) != RC_OK)
		return failed(&why);
	id = cJSON_GetObjectItemCaseSensitive(said, "id");
	key = cJSON_GetObjectItemCaseSensitive(said, "session_key");
	if (!cJSON_IsString(id) || !cJSON_IsString(key))
		return 1;
	printf("{\"session\":\"%s\",\"session_key\":\"%s\",\"api_key\":\"%s\"}\n", id->valuestring, key->valuestring, api_key.data);
	buf_free(&api_key);
	cJSON_Delete(said);
	control_close(control);
	signin_free(signin);
	client_config_free(config);
	return 0;
}
