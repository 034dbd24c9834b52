// Our phone numbers against libphonenumber. Where the library calls a number valid we must give the same E.164;
// what we accept must be possible by the library and the same number. The differences that are wanted stand in
// `wanted`, each with its reason; any other is a failure. `--measure` prints the CPU time of one call of each.
#include <phonenumbers/phonenumberutil.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/metadata/oracle/ours.h"

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;
using std::string;

namespace {

const PhoneNumberUtil *lib;

struct Opinion {
	string e164; // empty: cannot be read at all
	bool possible = false, valid = false;
};

Opinion ask_library(const string &text, const char *region)
{
	PhoneNumber number;
	Opinion said;

	if (lib->Parse(text, region, &number) != PhoneNumberUtil::NO_PARSING_ERROR)
		return said;
	lib->Format(number, PhoneNumberUtil::E164, &said.e164);
	said.possible = lib->IsPossibleNumber(number);
	said.valid = lib->IsValidNumber(number);
	return said;
}

string digits_of(const string &text)
{
	string digits;

	for (char c : text)
		if (c >= '0' && c <= '9')
			digits += c;
	return digits;
}

bool starts(const string &s, const char *with)
{
	return s.compare(0, strlen(with), with) == 0;
}

// One comparison: what was typed, the same as bare digits, what each side said.
struct Case {
	string text, digits;
	Opinion theirs;
	string ours; // empty: refused
};

struct Wanted {
	const char *name, *reason;
	bool (*applies)(const Case &);
	unsigned seen;
};

Wanted wanted[] = {
	{ "00 is +",
	  "Databases and exchanges write +49 as 0049. By the library a Korean 00 is followed by a carrier (001, 002, "
	  "005 ...), so it takes the first digits of the country for one. We take 00CC first, and 00X with a "
	  "carrier's digits only for what cannot be 00CC.",
	  [](const Case &c) {
		  return starts(c.digits, "00") && c.ours == "+" + c.digits.substr(2) &&
			 !(c.theirs.valid && starts(c.theirs.e164, "+82"));
	  },
	  0 },
	{ "toll-free from abroad",
	  "00308, 00368 and 00798 are numbers of companies abroad that only Korean telephones can dial. No customer "
	  "has one, and its E.164 form cannot be dialled.",
	  [](const Case &c) {
		  return starts(c.theirs.e164, "+82003") || starts(c.theirs.e164, "+82007");
	  },
	  0 },
	{ "services of an area",
	  "An area code and 1XX or 1XXX (031-120) is an information service of that area, nobody's number, and too "
	  "short to tell people apart.",
	  [](const Case &c) { return starts(c.theirs.e164, "+82") && c.theirs.e164.size() <= 9 && c.ours.empty(); },
	  0 },
	{ "extensions",
	  "A number with an extension reaches a switchboard, not the customer; reading it as the number alone would "
	  "join everybody behind it.",
	  [](const Case &c) { return c.text.find("ext") != string::npos && c.ours.empty(); }, 0 },
	{ "letters", "Letters for digits (1-800-FLOWERS) occur in advertisements, not as keys of customers.",
	  [](const Case &c) { return c.text.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != string::npos && c.ours.empty(); },
	  0 },
	{ "310-XXXX in Canada",
	  "Seven digits with +1 reach the nearest branch of a company; nobody has such a number.",
	  [](const Case &c) { return starts(c.theirs.e164, "+1") && c.theirs.e164.size() == 9 && c.ours.empty(); }, 0 },
	{ "without the trunk zero",
	  "Without zero and country code only a mobile number is certain: 2123-4567 is a number whose area is not "
	  "known, 4155551212 an American one, 1588-12345 a slip of the finger.",
	  [](const Case &c) {
		  return c.digits[0] != '0' && c.text[0] != '+' && c.ours.empty() && c.theirs.e164 == "+82" + c.digits;
	  },
	  0 },
	{ "carrier of a long-distance call",
	  "081, 082 and so on choose a carrier while dialling at home; nobody writes them down as part of a number, "
	  "and 080 beside them is a number of its own.",
	  [](const Case &c) {
		  return (starts(c.digits, "08") || starts(c.digits, "8208")) && c.ours.empty() &&
			 starts(c.theirs.e164, "+82");
	  },
	  0 },
};

unsigned compared, failures;

void compare(ours_home home, const string &text, const Opinion &theirs)
{
	const char *read = ours_e164(home, text.c_str());
	Case c = { text, digits_of(text), theirs, read ? read : "" };
	bool agree = theirs.valid ? c.ours == theirs.e164 : c.ours.empty() || (theirs.possible && c.ours == theirs.e164);

	compared++;
	if (agree)
		return;
	for (Wanted &w : wanted)
		if (w.applies(c)) {
			w.seen++;
			return;
		}
	if (failures++ < 40)
		fprintf(stderr, "\"%s\" (%s): the library says %s (possible %d, valid %d), we say %s\n", text.c_str(),
			home == OURS_KR ? "KR" : "US", theirs.e164.c_str(), theirs.possible, theirs.valid,
			read ? read : "no number");
}

void compare(ours_home home, const string &text)
{
	compare(home, text, ask_library(text, home == OURS_KR ? "KR" : "US"));
}

string replaced(string text, const char *what, const char *with)
{
	string out;

	for (char c : text)
		out += strchr(what, c) ? with : string(1, c);
	return out;
}

string full_width(const string &text)
{
	string out;

	for (char c : text)
		if (c > ' ' && c <= '~') { // U+FF01 and on, in UTF-8
			unsigned cp = 0xFF01 + static_cast<unsigned>(c - '!');

			out += static_cast<char>(0xE0 | cp >> 12);
			out += static_cast<char>(0x80 | (cp >> 6 & 0x3F));
			out += static_cast<char>(0x80 | (cp & 0x3F));
		} else {
			out += c;
		}
	return out;
}

// "02-123-4567" as "(02) 123-4567".
string with_parentheses(const string &national)
{
	size_t dash = national.find('-');

	return dash == string::npos ? national :
				      "(" + national.substr(0, dash) + ") " + national.substr(dash + 1);
}

void check_national(ours_home home, const string &national)
{
	compare(home, national);
	compare(home, replaced(national, "-", " "));
	compare(home, replaced(national, "-", "."));
	compare(home, replaced(national, "- ()", ""));
	compare(home, with_parentheses(national));
	compare(home, full_width(national));
}

void check_example(const PhoneNumber &number)
{
	string e164, international, national;
	bool korean = number.country_code() == 82;

	lib->Format(number, PhoneNumberUtil::E164, &e164);
	lib->Format(number, PhoneNumberUtil::INTERNATIONAL, &international);
	lib->Format(number, PhoneNumberUtil::NATIONAL, &national);
	for (ours_home home : { OURS_KR, OURS_US }) {
		compare(home, e164);
		compare(home, international);
		compare(home, replaced(international, " -", "."));
	}
	compare(OURS_KR, "00" + e164.substr(1), korean ? ask_library(e164, "KR") : ask_library("00" + e164.substr(1), "KR"));
	compare(OURS_KR, "001-" + e164.substr(1));
	compare(OURS_KR, "002-" + e164.substr(1));
	compare(OURS_KR, "00700-" + e164.substr(1));
	compare(OURS_US, "011" + e164.substr(1));
	if (korean)
		check_national(OURS_KR, national);
	if (number.country_code() == 1)
		check_national(OURS_US, national);
}

void check_examples()
{
	std::set<string> regions;
	std::set<int> codes;
	PhoneNumber number;
	unsigned before = compared;

	lib->GetSupportedRegions(&regions);
	for (const string &region : regions)
		for (int type = 0; type <= PhoneNumberUtil::VOICEMAIL; type++)
			if (lib->GetExampleNumberForType(region, static_cast<PhoneNumberUtil::PhoneNumberType>(type),
							 &number))
				check_example(number);
	lib->GetSupportedGlobalNetworkCallingCodes(&codes);
	for (int code : codes)
		if (lib->GetExampleNumberForNonGeoEntity(code, &number))
			check_example(number);
	printf("%zu regions: %u forms of their example numbers\n", regions.size(), compared - before);
}

// Every country code the library knows is one for us, and no other.
void check_country_codes()
{
	std::set<int> codes;

	lib->GetSupportedCallingCodes(&codes);
	for (int three = 100; three < 1000; three++) {
		string digits = std::to_string(three);
		bool assigned = codes.count(three) || codes.count(three / 10) || codes.count(three / 100);
		bool read = false;

		if (digits[0] == '1' || digits[0] == '7' || starts(digits, "82"))
			continue; // these have a plan of their own
		read = ours_e164(OURS_KR, ("+" + digits + "2345678").c_str()) != nullptr;
		if (assigned != read && failures++ < 40)
			fprintf(stderr, "country code +%s: the library says %d, we say %d\n", digits.c_str(), assigned, read);
	}
}

uint64_t state = 82;

unsigned below(unsigned n) // Knuth's MMIX generator: the same numbers in every run
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return static_cast<unsigned>((state >> 33) % n);
}

string some_digits(unsigned n)
{
	string s;

	while (n--)
		s += static_cast<char>('0' + below(10));
	return s;
}

// Classes of Korean numbers: what they begin with (national, with the trunk zero) and least and most digits behind.
struct Range {
	std::vector<const char *> leads;
	unsigned least, most;
};

const Range ranges[] = {
	{ { "010" }, 8, 8 },
	{ { "010" }, 7, 8 },
	{ { "011", "016", "017", "018", "019" }, 7, 8 },
	{ { "012", "015" }, 7, 8 },
	{ { "02" }, 7, 8 },
	{ { "031", "032", "033", "041", "042", "043", "044", "051", "052", "053", "054", "055", "061", "062", "063", "064" },
	  7, 8 },
	{ { "070", "080", "060" }, 7, 8 },
	{ { "0502", "0503", "0504", "0505", "0506", "0507", "0508" }, 7, 8 },
	{ { "15", "16", "18" }, 6, 6 },
	{ { "1522", "1533", "1544", "1566", "1577", "1588", "1599", "1600", "1644", "1661", "1666", "1670", "1688", "1800",
	    "1833", "1855", "1877", "1899" },
	  4, 4 },
	{ { "010", "02", "031", "070", "1588", "0505" }, 0, 6 }, // too short
	{ { "010", "02", "031", "070", "1588", "0505" }, 9, 13 }, // too long
	{ { "013", "014", "034", "039", "040", "045", "059", "065", "071", "079", "081", "09", "1", "2", "3", "9" }, 5, 9 },
};

string dashed(const string &national, size_t lead)
{
	if (national.size() < lead + 5)
		return national;
	if (lead >= 4 && national[0] == '1')
		return national.substr(0, 4) + "-" + national.substr(4);
	return national.substr(0, lead) + "-" + national.substr(lead, national.size() - lead - 4) + "-" +
	       national.substr(national.size() - 4);
}

void check_spelled(const string &national)
{
	const char *read = ours_e164(OURS_KR, national.c_str());
	string e164 = read ? read : "";

	for (const char *form : { "digits", "dashed" }) {
		const char *written = read ? ours_spelled(OURS_KR, form, e164.c_str()) : nullptr;

		if (written && digits_of(written) != national && digits_of(written) != "0" + national && failures++ < 40)
			fprintf(stderr, "\"%s\" is written \"%s\"\n", national.c_str(), written);
	}
}

void check_korean(const Range &range)
{
	const char *lead = range.leads[below(static_cast<unsigned>(range.leads.size()))];
	string national = lead + some_digits(range.least + below(range.most - range.least + 1));
	string bare = national[0] == '0' ? national.substr(1) : national;
	string pretty = dashed(national, strlen(lead)), pretty_bare = national[0] == '0' ? pretty.substr(1) : pretty;
	Opinion abroad = ask_library("+82" + bare, "KR");

	compare(OURS_KR, national);
	compare(OURS_KR, pretty);
	compare(OURS_KR, "+82 " + pretty_bare);
	compare(OURS_KR, "+82" + bare);
	compare(OURS_KR, bare);
	if (national[0] == '0')
		compare(OURS_KR, "+82 (0)" + pretty_bare);
	// The library knows no 0082, and reads 82 as a country only where nothing else fits: its word on +82 holds.
	compare(OURS_KR, "0082 " + pretty_bare, abroad);
	compare(OURS_KR, "82-" + pretty_bare, abroad);
	compare(OURS_KR, "001-82-" + pretty_bare, abroad);
	check_spelled(national);
}

void check_all_korean()
{
	enum { ROUNDS = 3000 };
	unsigned before = compared;

	for (unsigned i = 0; i < ROUNDS; i++)
		for (const Range &range : ranges)
			check_korean(range);
	printf("%u forms of generated Korean numbers\n", compared - before);
}

void check_odd_forms()
{
	for (const char *text : { "010-1234-5678 ext. 3", "1-800-FLOWERS", "00308-123-4567", "00798-123-4567",
				  "00368-123-4567", "031-120", "02-120", "+44 (0)20 7946 0000", "+39 (0)6 698 12345",
				  "114", "119", "1588", "+", "+82", "0", "00", "" })
		compare(OURS_KR, text);
	compare(OURS_US, "1-800-FLOWERS");
}

double cpu_us(const std::function<void(const char *)> &call)
{
	enum { CALLS = 20000 };
	char text[32];
	clock_t begun = clock();

	for (unsigned i = 0; i < CALLS; i++) {
		snprintf(text, sizeof(text), "010-%04u-%04u", 2000 + i % 7000, i % 10000);
		call(text);
	}
	return static_cast<double>(clock() - begun) * 1e6 / CLOCKS_PER_SEC / CALLS;
}

void measure()
{
	double ours = cpu_us([](const char *text) { ours_e164(OURS_KR, text); });
	double theirs = cpu_us([](const char *text) { ask_library(text, "KR"); });

	printf("CPU per call: ours %.3f us, the library %.3f us, ratio %.0f\n", ours, theirs, theirs / ours);
}

} // namespace

int main(int argc, char **argv)
{
	lib = PhoneNumberUtil::GetInstance();
	if (argc > 1 && strcmp(argv[1], "--measure") == 0) {
		measure();
		ours_end();
		return 0;
	}
	check_country_codes();
	check_examples();
	check_all_korean();
	check_odd_forms();
	ours_end();
	for (const Wanted &w : wanted)
		printf("wanted difference: %s: %u\n", w.name, w.seen);
	for (const Wanted &w : wanted)
		if (w.seen == 0) {
			fprintf(stderr, "\"%s\" never occurs any more: take it out\n", w.name);
			failures++;
		}
	printf("%u numbers compared, %u differ\n", compared, failures);
	return failures ? 1 : 0;
}
