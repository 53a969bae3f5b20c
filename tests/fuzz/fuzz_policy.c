/* Any bytes as a policy: it loads and decides, or it is refused with a place within the text. Never a crash, never endless. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decide(const struct policy *policy)
{
	static char *names[] = {"clinicians", "g"};
	static const struct text_list groups = {names, 2};
	struct prompt_message messages[] = {{.role = "system", .text = "a", .n = 1}, {.role = "user", .text = "every patient", .n = 13}};
	struct prompt prompt = {.model = "m", .max_tokens = 100, .messages = messages, .n_messages = 2, .other_text = "tool"};
	const struct facts facts = {.method = "POST", .route = "/v1/chat/completions", .user = "u", .groups = &groups,
				    .prompt = &prompt, .body_bytes = 100, .n_history = 1};
	struct verdict v;
	struct buf shown;

	policy_decide(policy, &facts, &v);
	buf_init(&shown, 1 << 20);
	if (v.rule && policy_show_match(policy, &facts, &v, NULL, &shown) != RC_OK)
		abort();                         /* what matched a moment ago can be shown */
	buf_free(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct why why = {0};
	struct policy *policy;
	enum rc rc = policy_parse((struct slice){(const char *)data, size}, "/nonexistent", "fuzz", &policy, &why);

	if (rc == RC_OK)
		decide(policy);
	else if (!why.text[0] || policy)
		abort();
	policy_unref(policy);
	return 0;
}
