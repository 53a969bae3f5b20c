/* Where a request's facts stand in its JSON: read from a dialect's YAML, used by prompt.c. */
#ifndef PHIGATE_AGENT_PROMPT_SHAPE_H
#define PHIGATE_AGENT_PROMPT_SHAPE_H

#include "conf.h"
#include "answer/shape.h"
#include "yaml.h"

/* What a place in a request may be marked as. */
enum prompt_mark {
	PROMPT_MODEL, PROMPT_STREAM, PROMPT_TOOLS, PROMPT_MAX, PROMPT_TIMES,
	PROMPT_TEXT,             /* text without a role; the value is 1 where the answer goes on from it */
	PROMPT_LIST,             /* the list of messages */
	PROMPT_ROLE, PROMPT_MESSAGE_TEXT,
	PROMPT_OPAQUE,           /* the value numbers its kind in prompt_kinds, or is PROMPT_MEDIA */
	PROMPT_ADAPTER,          /* picks another model beside the one that is named, or a part of one; the value is 1 where only some names do */
	PROMPT_TENSOR,           /* values by name, text among them: one number is a setting, more are what cannot be read */
};

extern const char *const prompt_kinds[];     /* ends with NULL */
#define PROMPT_MEDIA 99                      /* an image, audio or a file, as the "type" beside it says */

struct prompt_shape {
	struct paths *paths;
	char *model;                     /* the member of the whole that names the model; NULL: there is none */
	struct text_list adapter_names;  /* of PROMPT_ADAPTERs with the value 1 */
	const char *whole;               /* the body is no JSON, but all of it what cannot be read, of this kind; NULL: it is JSON */
	bool stream_default;
	bool tensors;                    /* there are PROMPT_TENSORs */
	bool continues;                  /* the answer goes on from a last message of the assistant */
	struct answer_shape *masked;     /* how its JSON is read where the model sees it masked: texts, and what is the protocol's own */
};

enum rc prompt_shape_read(const struct yaml *node, struct prompt_shape **out, struct why *why) MUST_USE;
void prompt_shape_free(struct prompt_shape *shape);

#endif
