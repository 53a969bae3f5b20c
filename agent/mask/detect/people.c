/* Names of people in running text: what the dictionaries say of the words, and the words left and right of them, each add to how
 * likely a name is. */
#include "around.h"
#include "care.h"
#include "labels.h"
#include "parts.h"

#define LIKELY 5                                 /* from here on it is a name */

#define INITIALS_MAX 4                           /* of one name */
#define NAMES (DICTIONARY_FIRST | DICTIONARY_LAST)

struct run {
	struct part p[PARTS_MAX];
	int n;
	size_t end;
};

/* Parts of a run that bear no name: headings, days, what is no name however it is written. */
static bool ends_run(const struct part *p)
{
	return p->shape < SHAPE_INITIAL || (p->words & (WORD_CREDENTIAL | WORD_THING)) ||
	       ((p->words & WORD_STOP) && p->shape != SHAPE_INITIAL);
}

/* "Malik Long", but not "Maria Case Manager" or "Olga Day 3" */
static bool is_last_name(struct scan *s, const struct part *p)
{
	uint16_t next = scan_at(s, p->end), behind = scan_at(s, p->end + 1);

	return (p->words & WORD_ALSO_NAME) && p->shape >= SHAPE_CAPITALS && next != ':' &&
	       !(next == ' ' && (is_digit(behind) || (is_upper(behind) && !around_credential(s, p->end))));
}

/* Words in capitals, one space between each two; small particles in between. */
static void read_run(struct scan *s, struct run *run)
{
	size_t at = s->i;
	int lone = 0;                                   /* initials */

	run->n = 0;
	while ((at || !run->n) && run->n < PARTS_MAX && lone < INITIALS_MAX) {
		struct part *p = &run->p[run->n];
		bool within = run->n > 0;

		part_read(s, at, p);
		if (within && is_last_name(s, p))
			p->words &= ~WORD_STOP;
		if (ends_run(p) && !(within ? (p->words & WORD_PARTICLE) != 0 : (p->words & WORD_ALSO_NAME) && p->shape == SHAPE_NAME))
			break;
		if ((p->words & WORD_ABBREVIATED) && scan_at(s, p->end) == '.')         /* "Jos. Krall" */
			p->dictionary = DICTIONARY_FIRST;
		lone += p->shape == SHAPE_INITIAL;
		run->n++;
		at = part_next(s, p, false);
		if (!at && !within)
			at = part_nickname(s, p);
	}
	for (bool initials = run->n && run->p[0].shape == SHAPE_INITIAL; run->n; run->n--) {
		enum shape last = run->p[run->n - 1].shape;

		if (last != SHAPE_LOWER && !(run->n > 1 && last == SHAPE_INITIAL && !initials))
			break;
	}
	run->end = run->n ? run->p[run->n - 1].end : s->i;
}

static int single(const struct part *p)
{
	int score = part_is_strong(p, DICTIONARY_FIRST) ? 6 : part_is_strong(p, DICTIONARY_LAST) ? 3 : part_is_unknown(p) ? 2 - ((p->dictionary & DICTIONARY_PLACE) > 0) :
		    p->dictionary & DICTIONARY_FIRST ? 2 : p->dictionary & DICTIONARY_LAST ? 0 : -9;

	if (p->words & WORD_EPONYM)                      /* "Foley was placed" */
		score = score < 1 ? score : 1;
	if (p->words & WORD_STATE)
		score = p->dictionary & DICTIONARY_FIRST ? 0 : -9;
	if (p->words & WORD_STOP)
		score = p->words & WORD_ALSO_NAME && p->shape == SHAPE_NAME ? 0 : -9;
	return p->shape == SHAPE_CAPITALS ? score - (p->end - p->start > 2 ? 2 : 4) : score;          /* "died of MI" */
}

/* A first and a last name. */
static int pair(const struct part *a, const struct part *b)
{
	bool first = a->dictionary & DICTIONARY_FIRST, strong_first = part_is_strong(a, DICTIONARY_FIRST);
	bool last = b->dictionary & NAMES, strong_last = part_is_strong(b, NAMES);

	if (strong_first && (strong_last || part_is_unknown(b)))
		return 8;
	if (strong_first && last)
		return 6;
	if (first && strong_last)
		return a->words & WORD_STOP ? 5 : 6;
	if (first && (last || part_is_unknown(b)))
		return a->words & WORD_STOP ? 2 : 3;
	if (part_is_strong(a, DICTIONARY_LAST) && strong_last)
		return part_is_strong(b, DICTIONARY_FIRST) ? 6 : 4;
	if (part_is_unknown(a) && strong_last)
		return 4;
	if (part_is_unknown(a) || part_is_strong(a, DICTIONARY_LAST))
		return part_is_unknown(b) ? 3 + a->foreign + b->foreign : last ? 2 + a->foreign : -9;
	return -9;
}

/* How likely the run is a name by its words alone; *n: of how many parts. */
static int words_score(const struct run *run, int *n)
{
	const struct part *first = &run->p[0], *last;
	int k = 0, score;

	*n = run->n;
	if (run->n > 1 && (first->words & WORD_PLACE_FIRST) && lexicon_find(run->p[1].hash)->state)
		return -9;                               /* "North Carolina" */
	while (*n > 1 && run->p[*n - 1].shape != SHAPE_INITIAL && !(run->p[*n - 1].dictionary & NAMES) && !part_is_unknown(&run->p[*n - 1]))
		--*n;                                    /* "Maria Clinic": the words behind are no name's */
	while (*n > 1 && run->p[*n - 1].shape == SHAPE_LOWER)
		--*n;
	last = &run->p[*n - 1];
	if (first->shape == SHAPE_INITIAL) {
		while (k < *n && run->p[k].shape == SHAPE_INITIAL)
			k++;
		if (k == *n)                                     /* "by C.H." */
			return k > 1 ? 0 : -9;
		while (k < *n - 1 && run->p[k].shape == SHAPE_LOWER)         /* "R. van der Berg" */
			k++;
		return part_is_strong(&run->p[k], NAMES) ? 5 : part_is_unknown(&run->p[k]) ? 3 : run->p[k].dictionary & NAMES ? 2 : -9;
	}
	if (*n == 1)
		return single(first);
	if ((last->words & WORD_STATE) && !(first->dictionary & DICTIONARY_FIRST))
		return -9;                               /* "Eastern Germany" */
	score = pair(first, last);
	for (k = 1; k < *n - 1 && score < LIKELY; k++)           /* "Jo Ann Black" */
		if ((first->dictionary & DICTIONARY_FIRST) && part_is_strong(&run->p[k], DICTIONARY_FIRST))
			score = 6;
	if (score < LIKELY && single(first) >= LIKELY) {
		*n = 1;
		return single(first);
	}
	return score;
}

/* "Dunmore, R" in a cell, or at the beginning of a line with more behind it */
static size_t last_initial(struct scan *s, const struct part *last, const struct part *initial)
{
	size_t end = initial->end + (scan_at(s, initial->end) == '.');
	uint16_t sign = scan_at(s, end), behind = scan_at(s, end + 1);

	if ((s->context->gap < GAP_COLON && s->context->last != '\t' && s->context->last) || part_next(s, initial, false) ||
	    !(part_is_strong(last, DICTIONARY_LAST) || part_is_unknown(last)))
		return 0;
	if (sign == '|' || sign == '\t' || (sign == ' ' && (behind == '|' || behind == ' ')) || around_right(s, end) == RIGHT_SURE)
		return end;
	return 0;
}

/* " (09/18/1973)": a day of birth */
static bool is_date_behind(struct scan *s, size_t end)
{
	size_t j = end + 2, slashes = 0;

	if (scan_at(s, end) != ' ' || scan_at(s, end + 1) != '(')
		return false;
	for (; j < end + 12 && (is_digit(scan_at(s, j)) || scan_at(s, j) == '/'); j++)
		slashes += scan_at(s, j) == '/';
	return slashes == 2 && scan_at(s, j) == ')';
}

/* A part of a first name of several behind the first; 0: there is none. */
static size_t more_first(struct scan *s, const struct part *first, struct part *more)
{
	size_t at = part_next(s, first, scan_at(s, first->end) == '^');

	if (!at)
		return 0;
	part_read(s, at, more);
	if (more->shape == SHAPE_INITIAL)
		return more->end + (scan_at(s, more->end) == '.');
	return more->shape >= SHAPE_CAPITALS && !(more->words & (WORD_STOP | WORD_CREDENTIAL)) &&
	       (part_is_unknown(more) || part_is_strong(more, NAMES)) ? more->end : 0;
}

/* "^OKAFOR^NGOZI", but not "^GLUCOSE^Glucose" */
static bool is_coded_pair(const struct part *last, const struct part *first)
{
	bool strong = part_is_strong(last, DICTIONARY_LAST) || part_is_strong(first, DICTIONARY_FIRST);

	return strong && !((last->dictionary | first->dictionary) & DICTIONARY_SAFE) && !((last->words | first->words) & WORD_STOP);
}

/* "Baker, Thomas": the last name before the first */
static size_t last_first(struct scan *s, const struct run *run)
{
	const struct part *last = &run->p[run->n - 1];
	const struct part *surname = run->n > 1 && (run->p[0].words & WORD_PARTICLE) ? last : &run->p[0];
	struct part first, more;
	size_t at, end, longer;
	uint16_t sign = scan_at(s, last->end);
	bool named;

	if ((sign != ',' && sign != '^') || !(surname->dictionary & DICTIONARY_LAST || part_is_unknown(surname)))
		return 0;
	at = part_next(s, last, true);
	if (!at)
		return 0;
	part_read(s, at, &first);
	if (first.shape == SHAPE_INITIAL && sign == ',' && run->n == 1)
		return last_initial(s, last, &first);
	/* "Name MWAMBA, BLESSING K" */
	named = s->context->before[0] == label_words.name && s->context->gap <= GAP_COLON && first.shape == last->shape && !(first.words & WORD_STOP);
	/* "NGUYEN, BAO T 30118204" */
	if (sign == ',' && first.shape == SHAPE_CAPITALS && last->shape == SHAPE_CAPITALS && part_is_strong(last, DICTIONARY_LAST) && !(first.words & (WORD_STOP | WORD_CREDENTIAL)) &&
	    (longer = more_first(s, &first, &more)) && more.shape == SHAPE_INITIAL && scan_at(s, longer) == ' ' && is_digit(scan_at(s, longer + 1)))
		return longer;
	if (first.shape < SHAPE_CAPITALS || !((first.dictionary & DICTIONARY_FIRST) || part_is_unknown(&first) || named))
		return 0;
	if (sign == '^' && (s->context->last == '^' || s->context->last == '|' || s->context->last == '[') && is_coded_pair(surname, &first))
		return more_first(s, &first, &more) ? more_first(s, &first, &more) : first.end;
	if (first.shape != last->shape && !(last->shape == SHAPE_CAPITALS && (part_is_strong(last, DICTIONARY_LAST) ||
	    (part_is_unknown(last) && last->end - last->start > 4 && part_is_strong(&first, DICTIONARY_FIRST)))))
		return 0;
	end = first.end;
	if (sign == ',' && scan_at(s, end) == ' ' && is_upper(scan_at(s, end + 1)) && (word_kinds(around_word(s, end + 1, &at)) & WORD_COUNTY))
		return 0;                                /* "Stockbridge, Henry County" */
	longer = more_first(s, &first, &more);
	if (!part_is_strong(&first, DICTIONARY_FIRST) || (first.words & (WORD_STOP | WORD_STATE))) {
		if (named)
			return longer ? longer : end;
		if (around_right(s, end) == RIGHT_SURE || is_date_behind(s, end))
			return end;
		return longer && around_right(s, longer) == RIGHT_SURE ? longer : 0;
	}
	if (longer) {
		if (more.shape >= SHAPE_CAPITALS && !part_is_strong(surname, DICTIONARY_LAST))
			return 0;                        /* "prep Pap, Camille Tsosie" */
		end = longer;
	}
	if (is_date_behind(s, end))
		return end;
	/* one of many is a list of words */
	return scan_at(s, end) == ',' && is_alpha(scan_at(s, end + 2)) && around_right(s, end) != RIGHT_SURE ? 0 : end;
}

/* "surgeon de la Cruz": small particles first, where a person is named */
static bool particle_name(struct scan *s, struct finding *f)
{
	size_t at = s->i, end = 0;

	if (!(s->word->kinds & WORD_PARTICLE) || around_left(s->context) != LEFT_PERSON)
		return false;
	for (int k = 0; k < 4 && (at || !k); k++) {
		struct part p;

		part_read(s, at, &p);
		if (p.shape >= SHAPE_CAPITALS && !(p.words & WORD_STOP))
			end = p.end;
		if (end || !(p.words & WORD_PARTICLE))
			break;
		at = part_next(s, &p, false);
	}
	if (!end)
		return false;
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_NAME, .rule = "name in running text", .custom = -1};
	return true;
}

static const int LEFT_SCORE[] = {
	[LEFT_PLACE] = -3, [LEFT_THING] = -4, [LEFT_PLACE_NAME] = -6, [LEFT_LIST] = 2, [LEFT_WITH] = 1, [LEFT_BY] = 2,
	 [LEFT_CLOSING] = 3, [LEFT_ROLE] = 3, [LEFT_SERVICE] = 3, [LEFT_PERSON] = 4};
static const int RIGHT_SCORE[] = {[RIGHT_THING] = -8, [RIGHT_CODE] = -3, [RIGHT_WEAK] = 1, [RIGHT_MORE] = 2, [RIGHT_VERB] = 3, [RIGHT_SURE] = 5};

/* The name of a place of two words. */
static bool is_place(struct scan *s, const struct run *run)
{
	uint64_t hash = word_hash(run->p[0].hash, ' ');

	for (size_t j = run->p[1].start; j < run->p[1].end; j++)
		hash = word_hash(hash, scan_at(s, j));
	return scan_at(s, run->p[0].end) == ' ' && (dictionary_find(hash) & DICTIONARY_PLACE);
}

/* "Ayla M. was absent": the end with the initial */
static size_t with_initial(struct scan *s, const struct part *first, size_t end)
{
	size_t behind = end + 3;

	if (end != first->end || !part_is_strong(first, DICTIONARY_FIRST) || scan_at(s, end) != ' ' ||
	    !is_upper(scan_at(s, end + 1)) || scan_at(s, end + 2) != '.')
		return end;
	return around_right(s, behind) >= RIGHT_WEAK ? behind : end;
}

/* What a single word is by what stands directly behind it: "Smith/Jones", "operator Hill." */
static int bonus(struct scan *s, const struct part *p, enum left left)
{
	static const char *const kin[] = {" baby", " babies", " twins", " triplets", " family", " household", " kids"};
	uint16_t sign = scan_at(s, p->end);
	struct part other;

	if (p->shape != SHAPE_NAME || (p->words & (WORD_EPONYM | WORD_STOP)))
		return 0;
	/* "the Delgado baby" */
	for (size_t k = 0; k < sizeof kin / sizeof *kin && sign == ' ' && s->context->gap == GAP_SPACE && part_is_strong(p, DICTIONARY_LAST); k++) {
		size_t end = around_literal(s, p->end, kin[k]);

		if (end && !is_alnum(scan_at(s, end)) && (number_kinds(s->context->before[0]) & NUMBER_THE))
			return 6;
	}
	if (sign == ':' && p->end - p->start > 2 && (s->context->gap == GAP_LINE || !s->context->last) &&
	    part_is_strong(p, DICTIONARY_LAST) && lexicon_find(p->hash)->label < 0)
		return 2;                                /* who speaks */
	/* "Supervisor: Osei", whatever stands before the colon */
	if (s->context->gap == GAP_COLON && s->context->before[0] > CONTEXT_LAST && s->context->label == LABEL_NONE &&
	    part_is_strong(p, DICTIONARY_LAST) && (sign == '\n' || sign == '/' || sign == '|' || sign == ';' ||
	    (sign == ' ' && (scan_at(s, p->end + 1) == ' ' || scan_at(s, p->end + 1) == '/' || scan_at(s, p->end + 1) == '('))))
		return 2;
	if (left == LEFT_PERSON && (p->dictionary & DICTIONARY_LAST) && (word_kinds(s->context->before[0]) & WORD_KIN))
		return sign == '.' || sign == ',' || sign == ')' || sign == ';';
	/* "f/u w/ Kowal", "TEE (Ouellette) 9 mm" */
	if (((left == LEFT_WITH && s->context->before[0] == label_words.w) || (s->context->last == '(' && sign == ')')) &&
	    part_is_strong(p, DICTIONARY_LAST) && !(p->words & WORD_STATE) && !(p->dictionary & DICTIONARY_PLACE))
		return 2;
	if (sign != '/' || !part_is_strong(p, DICTIONARY_LAST) || !is_upper(scan_at(s, p->end + 1)))
		return 0;
	part_read(s, p->end + 1, &other);
	return part_is_strong(&other, DICTIONARY_LAST) && other.shape == SHAPE_NAME && !(other.words & WORD_EPONYM) ? 2 : 0;
}

/* What the words before say of a run that ends at place end; also "IR (Bohm)", "her aunt (Fern)". */
static enum left left_of(struct scan *s, const struct part *first, size_t end)
{
	const struct context *c = s->context;
	word_set before = word_kinds(c->before[0]);
	enum left left = around_left(c);

	if (c->gap == GAP_BRACKET && c->last == '(' && (scan_at(s, end) == ')' || scan_at(s, end) == '/'))
		left = before & WORD_KIN ? LEFT_PERSON : before & WORD_SERVICE ? LEFT_SERVICE : left;
	if (left == LEFT_CLOSING && !around_ends_line(s, end))
		return LEFT_NONE;
	return left == LEFT_SERVICE && !part_is_strong(first, NAMES) ? LEFT_NONE : left;
}

/* "HUMPHREY PRIESTLEY, M.D.": words that are names and something else as well, before a credential. */
static bool has_credential(struct scan *s, const struct run *run)
{
	for (int k = 0; k < run->n; k++)
		if (run->p[k].shape < SHAPE_INITIAL || (run->p[k].words & WORD_STOP) || !((run->p[k].dictionary & NAMES) || part_is_unknown(&run->p[k])))
			return false;
	return run->n > 1 && scan_at(s, run->end) == ',' && around_credential(s, run->end);
}

/* "Tran-Bell" */
static bool is_double(struct scan *s, const struct part *p)
{
	size_t i = p->start;

	while (i < p->end && scan_at(s, i) != '-')
		i++;
	return i > p->start + 2 && i + 2 < p->end;
}

/* "J Stallings RN", "by D Thacker": an initial without its full stop. */
static bool is_bare_initial(struct scan *s, const struct run *run)
{
	const struct context *c = s->context;
	bool begins = c->gap == GAP_LINE || !c->before[0] || c->last == '/';
	uint16_t letter = scan_at(s, s->i);
	bool credential;

	if (run->n != 2 || scan_at(s, run->p[0].end) != ' ' || run->p[1].shape != SHAPE_NAME || (run->p[1].words & (WORD_EPONYM | WORD_STATE | WORD_STREET)))
		return false;
	credential = around_credential(s, run->end);
	if (!part_is_strong(&run->p[1], DICTIONARY_LAST) && !(credential && part_is_unknown(&run->p[1])))
		return false;
	if ((run->p[1].dictionary & DICTIONARY_PLACE) && !credential)
		return false;
	begins = begins || (c->gap == GAP_COLON && c->label >= LABEL_NAME) || is_double(s, &run->p[1]);
	if (letter == 'A' || letter == 'I')
		return credential;
	return credential || (begins ? around_ends_line(s, run->end) || scan_at(s, run->end) == ',' : (word_kinds(c->before[0]) & WORD_BY) && c->gap == GAP_SPACE);
}

/* "Wesley's mom" */
static bool of_kin(struct scan *s, const struct part *p)
{
	size_t behind;

	return p->shape == SHAPE_NAME && (p->dictionary & DICTIONARY_FIRST) && !(p->words & (WORD_STOP | WORD_EPONYM)) && scan_at(s, p->end) == '\'' &&
	       scan_at(s, p->end + 1) == 's' && scan_at(s, p->end + 2) == ' ' && is_alpha(scan_at(s, p->end + 3)) && !is_upper(scan_at(s, p->end + 3)) &&
	       (word_kinds(around_word(s, p->end + 3, &behind)) & WORD_KIN);
}

bool scan_person(struct scan *s, struct finding *f)
{
	struct run run;
	enum left left;
	enum right right;
	size_t end;
	int score, n = 0;

	if (!is_upper(scan_at(s, s->i)))
		return particle_name(s, f);
	if (s->context->last == '-' && s->context->glued && s->context->before[0] > CONTEXT_LAST)     /* the end of "Salter-Harris" */
		return false;
	if (s->token == s->i + 1 && scan_at(s, s->token) == '.' && s->context->gap == GAP_COMMA && around_credential_at(s, s->i))
		return false;                            /* "Brandt, M.D., FCCP" */
	/* "grandma June" */
	if ((s->word->kinds & WORD_MONTH) && (s->word->kinds & WORD_ALSO_NAME) && s->context->gap == GAP_SPACE && (word_kinds(s->context->before[0]) & WORD_KIN) &&
	    !is_digit(scan_at(s, s->token + 1))) {
		*f = (struct finding){.start = s->i, .end = s->token, .entity = ENTITY_NAME, .rule = "name in running text", .custom = -1};
		return true;
	}
	read_run(s, &run);
	if (run.n == 2 && run.p[0].shape == SHAPE_INITIAL && run.p[1].hash == label_words.colon && scan_at(s, run.end) == ',')      /* "A. Colon, cecum" */
		return false;
	/* "A Colorado", "I Street": most initials have their full stop */
	if (!run.n || (run.p[0].shape == SHAPE_INITIAL && scan_at(s, run.p[0].end) != '.' && !is_bare_initial(s, &run)))
		return false;
	end = last_first(s, &run);
	score = end ? 8 : words_score(&run, &n);
	if (!end && score < 0 && has_credential(s, &run)) {
		n = run.n;
		score = 0;
	}
	if (!end) {
		if (score < 0)
			return false;
		end = run.p[n - 1].end;
		if (run.p[n - 1].shape == SHAPE_INITIAL && n == run.n && scan_at(s, end) == '.' && run.p[0].shape == SHAPE_INITIAL)
			end++;                           /* "J.R. is a" */
		if (run.n == 1 && (run.p[0].care & (CARE_END | CARE_SMALL)) && (run.p[0].dictionary & DICTIONARY_SAFE) && !is_upper(scan_at(s, end - 1)))
			return false;                    /* "School age child" */
		left = left_of(s, &run.p[0], end);
		right = around_right(s, end);
		if (right == RIGHT_SURE && n == 1 && (run.p[0].words & WORD_EPONYM) && is_digit(scan_at(s, end + 1)))
			right = RIGHT_NONE;              /* "Foley 16F" */
		if (left == LEFT_ROLE && s->context->gap == GAP_COMMA && scan_at(s, end) != ',')
			left = LEFT_NONE;                /* "the patient, Ana," */
		if (n == 1 && right == RIGHT_WEAK && around_begins_sentence(s->context) && part_is_strong(&run.p[0], DICTIONARY_LAST) &&
		    !(run.p[0].words & (WORD_EPONYM | WORD_STATE)) && run.p[0].shape == SHAPE_NAME)
			score++;
		if (run.n == 2 && right < RIGHT_WEAK && left != LEFT_ROLE && left != LEFT_LIST && is_place(s, &run) &&
		    !(word_kinds(s->context->before[0]) & WORD_KIN))
			return false;                    /* "staged per Ann Arbor" */
		score += LEFT_SCORE[left];
		if (left == LEFT_PLACE && !(run.p[0].dictionary & DICTIONARY_PLACE))
			score -= LEFT_SCORE[left];
		if (run.p[n - 1].shape == SHAPE_INITIAL && n > 1) {
			score = right == RIGHT_SURE || ((word_kinds(s->context->before[0]) & WORD_BY) && s->context->gap == GAP_SPACE) ? LIKELY : 0;
			right = RIGHT_NONE;
			end += scan_at(s, end) == '.';
		}
		score += right == RIGHT_CODE && n > 1 ? 0 : RIGHT_SCORE[right];
		if (n == 1 && run.n == 1)
			score += bonus(s, &run.p[0], left);
		end = with_initial(s, &run.p[0], end);
		if (n > 1 && around_is_line(s, end))
			score += 2;
	}
	if ((score < LIKELY && !(run.n == 1 && of_kin(s, &run.p[0]))) || (scan_at(s, end) == '@' && n == 1))       /* "Merlin@home" */
		return false;
	*f = (struct finding){.start = s->i, .end = part_suffix(s, end), .entity = ENTITY_NAME,
			      .rule = "name in running text", .custom = -1};
	return true;
}
