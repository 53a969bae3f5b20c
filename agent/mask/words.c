/* Words that are no names though they are written like one: sentence openers, headings of notes, answers in a dialogue, credentials. */
#include <pthread.h>
#include <string.h>

#include "scan.h"

static const char STOP[] =
	"a about above abdomen abnormal abuse accompanied account acute address admission admit admitted adult after age agree alert all allergic allergies allergy "
	"also am an and annual any anxiety appears appointment are arrived as asked assessment assistant at attending back be been before behavioral being "
	"below bilateral birth blood both bp breast but by call called can cardiac cardiology care caregiver case cc chart chest chief child chronic "
	"clinic clinical comment complaint complaints condition consult consultation contact continue continued could course ct current currently daily date "
	"daughter day days deceased denied denies department dependent depression dermatology description did diabetes diagnoses diagnosis died discharge discharged "
	"discussed disposition do does dob doctor dose drug due during each ed eats education either electronic emergency encounter endorses er evaluation "
	"every exam examination explained facility family father feels female findings first follow following for fracture from full gender general "
	"gave given good group had has have he head health hello heart her here hi his history home hospital how however hpi husband i if "
	"impression in indication indications initial instructions insurance interval is it its just labs laboratory last left let lives "
	"location long male may medical medication medications medicine member mental mother moderate mr mri mrs ms my name neck negative neurology new next "
	"night no none normal not note notes now number nurse nursing objective of office old on oncology one only operation or order orthopedics other our "
	"out outpatient pain past patient patients pediatric pediatrics pending per pharmacist pharmacy phone physical physician plan please positive "
	"postoperative preoperative presents previous primary prior procedure prof progress provider psychiatric psychiatry pulmonary radiology reason "
	"received recommend recommendation recommendations record referral referred referring regarding regular related relationship report reports resident result "
	"results return returned review right risk routine said sat saw says scheduled see seen service services severe she should show shows sign "
	"signed since sir sister so social soft some son specimen spouse stable started states status still stop subjective summary surgeon surgery "
	"surgical symptoms take takes team tel telephone temperature test thank thanks that the their them then there therapist therapy these they this three time to today "
	"tolerated tomorrow took treatment trauma triage two type uncertain under unit unknown until up upper urgent urology us use uses was we weight well "
	"went were what when where which while who why wife will with without would yes yesterday you your "
	"january february march april june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec "
	"monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sun sex race id mrn ssn dx rx hx tx pt md "
	"na nka nkda ok okay sure fine great alright right again maybe well anything nothing something always never um uh oh yeah hmm";

static const char CREDENTIALS[] =
	"md do rn np pa pac phd dds dmd dpm dvm lpn lvn cna crna cnm aprn arnp fnp msn bsn pharmd rph pt dpt ot otr slp lcsw licsw lmsw msw psyd "
	"mph mba facs facp facc fache ma ba bs ms rd ldn ccrn ocn cct emt rrt ctr jr sr ii iii iv esq mbbs frcp frcs ccm ascp od bcps fnpc lmft lpc";

/* Small words inside names: "de la Cruz", "van der Berg". */
static const char PARTICLES[] = "de la del della van von der den di da dos du le el al bin ibn st y ter ten zu o";

#define SLOTS 4096                               /* power of two, over twice the words */

static struct {
	uint64_t hash;
	uint8_t kinds;
} table[SLOTS];
static uint64_t filter[1024];                    /* a bit for each hash that the table has, so that most words cost one look */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void insert(const char *list, uint8_t kind)
{
	for (const char *p = list; *p;) {
		size_t n = strcspn(p, " "), at;
		uint64_t hash = WORD_HASH;

		for (size_t i = 0; i < n; i++)
			hash = word_hash(hash, (unsigned char)p[i]);
		at = hash & (SLOTS - 1);
		while (table[at].hash && table[at].hash != hash)
			at = (at + 1) & (SLOTS - 1);
		table[at].hash = hash;
		table[at].kinds |= kind;
		filter[word_filter(hash) / 64] |= 1ULL << word_filter(hash) % 64;
		p += n + (p[n] == ' ');
	}
}

static void fill(void)
{
	insert(STOP, WORD_STOP);
	insert(CREDENTIALS, WORD_CREDENTIAL);
	insert(PARTICLES, WORD_PARTICLE);
}

void words_ready(void)
{
	pthread_once(&once, fill);
}

unsigned int word_kinds(uint64_t hash)
{
	if (!(filter[word_filter(hash) / 64] >> word_filter(hash) % 64 & 1))
		return 0;
	for (size_t at = hash & (SLOTS - 1); table[at].hash; at = (at + 1) & (SLOTS - 1))
		if (table[at].hash == hash)
			return table[at].kinds;
	return 0;
}
