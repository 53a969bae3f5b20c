/* The rules of masking in words, for those who ask why something was masked. Names are part of what `phigate mask --spans` prints,
 * so they stay; a check fails when a rule stands in no row, or not in phigate-policy(5). */
#include "reasons.h"

#include <string.h>

#include "mask.h"

/* The words go on from "it is masked because". */
static const struct {
	const char *rule, *words;
	bool label;                      /* a label decided */
} REASONS[] = {
	/* identifiers by what stands before them, or above them in a table, or is their key in JSON */
	{"account label", "words for an account, a card or a bank stand before it", true},
	{"address label", "words for an address stand before it", true},
	{"biometric label", "words for a fingerprint, a voice print or the like stand before it", true},
	{"city label", "words for a city stand before it", true},
	{"county label", "words for a county stand before it", true},
	{"date label", "words for a date stand before it", true},
	{"device label", "words for a device or a serial number stand before it", true},
	{"facility label", "words for a hospital, an office or another place stand before it", true},
	{"health plan label", "words for a health plan, a member or a policy stand before it", true},
	{"id label", "words for a number that is one person's or one case's stand before it", true},
	{"license label", "words for a license or a registration of a clinician stand before it", true},
	{"mrn label", "words for a medical record or a patient's number stand before it", true},
	{"name behind a title", "a title stands before it", true},
	{"name label", "words that a name follows stand before it", true},
	{"pager label", "words for a pager stand before it", true},
	{"phone label", "words for a telephone or fax stand before it", true},
	{"ssn label", "words for a social security number stand before it", true},
	{"user label", "words for a user's name stand before it", true},
	{"vehicle label", "words for a vehicle or its plates stand before it", true},
	{"zip label", "words for a ZIP code stand before it", true},
	{"label behind", "words for a record or social security number stand behind it, in brackets or behind a hyphen", false},
	{"license behind a credential", "it is glued to the letters of a profession", false},
	{"last four", "signs that hide the rest of a number stand before its last four digits", false},
	{"number before a coded name", "it has ten digits and stands before a clinician's name in a field of HL7", false},
	{"number behind a name", "it is a long number right behind a name", false},

	/* by their form */
	{"access code", "it stands behind a code or key, and is woven of capitals and digits as in no word", false},
	{"accession form", "it has the form of a laboratory's accession number", false},
	{"date, scanned", "it has the form of a date in which a scanner took letters for digits", false},
	{"phone, scanned", "it has the form of a telephone number in which a scanner took letters for digits", false},
	{"blood unit form", "it has the form of a unit of blood's number (ISBT 128), which tells its donor", false},
	{"hicn form", "it has the form of a Medicare claim number (HICN)", false},
	{"veteran's number form", "it has the form of a veteran's number in the systems of the VA", false},
	{"plan number form", "it is three capitals and nine digits or more in groups, as health plans write their members", false},
	{"card form", "it is four groups of four digits", false},
	{"card, check digit", "it has the length, the first digits and the check digit of a payment card", false},
	{"user name form", "it is an initial and a last name with a number, as people are called by their computers", false},
	{"uid form", "it has the form of what names one study or image (DICOM)", false},
	{"plate form", "it has the form of a California license plate", false},
	{"code form", "it is a long code of letters and digits, as records and devices have, and none of the public ones", false},
	{"code, weighed", "its form and the words on both sides are most like those of a number that tells somebody", false},
	{"date form", "it has the form of a date", false},
	{"dea, check digit", "it has the form and the check digit of a DEA registration", false},
	{"email form", "it has the form of an address of mail", false},
	{"email, spelled out", "it is an address of mail whose signs are written as words", false},
	{"extension", "it is a telephone's extension", false},
	{"hardware address form", "it has the form of a network card's address", false},
	{"iban, check digits", "it has the form and the check digits of an IBAN", false},
	{"ip form", "it has the form of an address of the internet", false},
	{"mbi form", "it has the form of a Medicare beneficiary's number", false},
	{"npi, check digit", "it has ten digits and the check digit of a National Provider Identifier", false},
	{"phone form", "it has the form of a telephone number", false},
	{"phone, area code in brackets", "it has the form of a telephone number with its area code in brackets", false},
	{"phone in words", "its digits are written as words, and are a telephone number", false},
	{"phone, international", "it has the form of a telephone number with its country's code", false},
	{"phone, seven digits", "it has seven digits, as a telephone number without its area code", false},
	{"phone before its kind", "it has the digits of a telephone number, and what kind of one follows", false},
	{"phone, ten digits", "it has ten digits that begin with an area code and an exchange that exist", false},
	{"phone, toll-free", "it has the form of a telephone number that costs its caller nothing", false},
	{"ssn form", "it has the form of a social security number", false},
	{"ssn form, digits apart", "it has the form of a social security number whose digits stand apart", false},
	{"udi form", "it has the form of a device's identifier (UDI)", false},
	{"network share", "it is a share of a network, which may name a host or a person", false},
	{"url form", "it has the form of a web address", false},
	{"url without a scheme", "it has the form of a web address without its scheme", false},
	{"vin, check digit", "it has the form and the check digit of a vehicle's number (VIN)", false},

	/* dates and ages */
	{"age over 89", "it is an age over 89, or a year of birth that tells one", false},
	{"date in words", "a month stands in it by its name, beside a day or a year", false},
	{"day and month", "it is a day and a month, and what stands around it is about time", false},
	{"day, weighed", "the words on both sides are most like those of a day and its month", false},
	{"days and months", "it is days and their months, one behind the other", false},
	{"holiday", "it is a holiday, which tells the day", false},
	{"month and year", "it is a month and a year", false},
	{"quarter and year", "it is a part of a year", false},
	{"season and year", "it is a season and a year", false},
	{"year, month and day", "its eight digits are a date", false},

	/* places */
	{"block of a street", "a number of houses stands before \"block of\" and a street", false},
	{"city before a state", "it is in the list of cities, and a state follows", false},
	{"city before a state and zip", "a state and a ZIP code follow", false},
	{"city before a zip", "it is in the list of cities, and a ZIP code follows", false},
	{"city behind a postcode", "a postcode stands before it", false},
	{"city behind a street", "a street stands before it", false},
	{"city, weighed", "its letters, the lists and the words on both sides are most like those of a city", false},
	{"city in running text", "it is in the list of cities, and the words before it speak of a place", false},
	{"crossing", "two streets meet there", false},
	{"corner", "it is behind the word corner, and two streets meet there", false},
	{"county", "the word County follows", false},
	{"facility", "it ends as the names of hospitals, clinics and homes do", false},
	{"facility in running text", "the words before it speak of a place where people are treated, work, learn or are held", false},
	{"facility in small letters", "words in small letters that places of care are called after stand before what kind of place it is", false},
	{"facility, weighed", "its letters, the lists and the words on both sides are most like those of a place of care or work", false},
	{"facility, well known", "it is in the list of well-known hospitals and chains", false},
	{"highway", "it is a road by its number, or a mile of it", false},
	{"letterhead", "it stands where a letter names its sender", false},
	{"facility, a saint's", "it is a saint's name where a hospital's may stand", false},
	{"military address", "it has the form of an address of the armed forces", false},
	{"post office box", "it has the form of a post office box", false},
	{"position", "it is a latitude and a longitude", false},
	{"postcode", "it has the form of another country's postcode", false},
	{"rural route", "it has the form of a rural route", false},
	{"street", "it ends as the names of streets do", false},
	{"street, weighed", "its letters, the lists and the words on both sides are most like those of a street", false},
	{"street abroad", "it has the form of an address in another country", false},
	{"street address", "a number stands before the name of a street", false},
	{"street address in words", "a street stands behind a number that is written in words", false},
	{"zip behind a city", "it has the form of a ZIP code, and a city or a street stands before it", false},
	{"zip behind a state", "it has the form of a ZIP code, and a state stands before it", false},

	/* names */
	{"initials", "the word initials stands before it, or that for a middle one", false},
	{"initials of who dictated", "it stands alone in its line, as the initials of who dictated a letter and who typed it do", false},
	{"name found before", "it is part of a name that was found before in this text", false},
	{"name, spelled", "it is spelled letter by letter behind a name", false},
	{"name, weighed", "its letters, the lists and the words on both sides are most like those of a person's name", false},
	{"name in running text", "the lists of names and the words around it say that it is a person's", false},

	/* others */
	{"analyzer", "the connection's analyzer finds it", false},
	{"base64", "decoded as base64 it holds an identifier", false},
	{"credential", "it is the model's credential", false},
	{"encoded, too long to read", "it is encoded text that is too long to be decoded", false},
	{"hexadecimal", "decoded as hexadecimal it holds an identifier", false},
	{"percent-encoded", "decoded as percent-encoding it holds an identifier", false},
	{"picture or sound", "it is a picture, a sound or a document in a data: address", false},
	{"policy", "a detector of the policy's own finds it", false},
};

static size_t row_of(const char *rule)
{
	size_t k = 0;

	while (k < sizeof REASONS / sizeof *REASONS && strcmp(REASONS[k].rule, rule) != 0)
		k++;
	return k;
}

const char *mask_because(const char *rule)
{
	size_t k = row_of(rule);

	return k < sizeof REASONS / sizeof *REASONS ? REASONS[k].words : NULL;
}

bool reasons_label(const char *rule)
{
	size_t k = row_of(rule);

	return k < sizeof REASONS / sizeof *REASONS && REASONS[k].label;
}
