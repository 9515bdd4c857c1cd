package demo

import (
	"strings"
	"testing"
	"testing/fstest"
)

const (
	soundCompany = `{"name": "Otters", "people": [{"id": "mei", "name": "Mei", "role": "lead"}], "teams": [{"id": "front", "members": ["mei"]}],
		"desks": [{"id": "support", "team": "front", "zone": "Europe/Berlin", "hours": [["09:00", "17:00"]], "firstReply": 4, "nextReply": 4}]}`
	soundCustomers = `{"organisations": [{"id": "school", "name": "School"}], "customers": [
		{"id": "grace", "name": "Grace", "addresses": ["grace@school.example", "grace@mail.example"], "organisation": "school"}]}`
	soundStory = "=== clips\nDesk: support\nCustomer: grace\nFrom: grace@mail.example\nLanguage: en\nMood: calm\nSubject:\n\n--- customer -3d 09:00\n\nHello\n"
)

// files is a whole story with one file replaced.
func files(name, content string) fstest.MapFS {
	all := fstest.MapFS{
		"data/company.json":               {Data: []byte(soundCompany)},
		"data/customers.json":             {Data: []byte(soundCustomers)},
		"data/conversations/en/clips.txt": {Data: []byte(soundStory)},
	}
	if name != "" {
		all[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return all
}

func TestStoriesThatAreRefused(t *testing.T) {
	company := func(old, new string) fstest.MapFS {
		return files("data/company.json", strings.Replace(soundCompany, old, new, 1))
	}
	customers := func(old, new string) fstest.MapFS {
		return files("data/customers.json", strings.Replace(soundCustomers, old, new, 1))
	}
	story := func(old, new string) fstest.MapFS {
		return files("data/conversations/en/clips.txt", strings.Replace(soundStory, old, new, 1))
	}
	missing := files("", "")
	delete(missing, "data/customers.json")
	cases := []struct {
		why   string
		files fstest.MapFS
		says  string
	}{
		{"a missing file", missing, "customers.json"},
		{"a file that is no JSON", files("data/company.json", "Otters"), "company.json"},
		{"a field nobody knows", company(`"name": "Otters"`, `"nmae": "Otters"`), "nmae"},
		{"a conversation that cannot be parsed", story("Mood: calm", "calm"), "en/clips.txt line 6"},
		{"a person of no known role", company(`"lead"`, `"king"`), `role "king"`},
		{"a person without an id", company(`"id": "mei"`, `"id": ""`), `person ""`},
		{"a member nobody knows", company(`["mei"]`, `["mia"]`), `member "mia"`},
		{"a desk of no team", company(`"team": "front"`, `"team": "back"`), `team "back"`},
		{"a desk that promises nothing", company(`"firstReply": 4`, `"firstReply": 0`), "promises no time"},
		{"a desk that never opens", company(`[["09:00", "17:00"]]`, `[]`), "never open"},
		{"a customer of no organisation", customers(`"organisation": "school"`, `"organisation": "club"`), `organisation "club"`},
		{"a customer without an address", customers(`["grace@school.example", "grace@mail.example"]`, `[]`), "no address"},
		{"an address that could be somebody's", customers("grace@mail.example", "grace@mail.com"), "reserved"},
		{"an address in a look-alike domain", customers("grace@mail.example", "grace@notexample.com"), "reserved"},
		{"an address that is none", customers("grace@mail.example", "grace at mail.example"), "reserved"},
		{"one address for two", customers("grace@mail.example", "grace@school.example"), "told twice"},
		{"a desk nobody knows", story("Desk: support", "Desk: moon"), `desk "moon"`},
		{"a customer nobody knows", story("Customer: grace", "Customer: gracie"), `customer "gracie"`},
		{"a foreign address", story("grace@mail.example", "greta@mail.example"), "does not write from"},
		{"a language nobody speaks", story("Language: en", "Language: fi"), `language "fi"`},
		{"a mood nobody has", story("Mood: calm", "Mood: purple"), `"purple" is not a mood`},
		{"one key for two", files("data/conversations/en/more.txt", soundStory), "two conversations are called clips"},
	}
	for _, c := range cases {
		_, err := readFrom(c.files)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want a sentence with %q", c.why, err, c.says)
		}
	}
}

func TestEveryContradictionIsToldAtOnce(t *testing.T) {
	all := files("data/conversations/en/more.txt", strings.NewReplacer("clips", "nibs", "calm", "purple").Replace(soundStory))
	all["data/conversations/en/most.txt"] = &fstest.MapFile{Data: []byte(strings.NewReplacer("clips", "inks", "support", "moon").Replace(soundStory))}
	_, err := readFrom(all)
	if err == nil || !strings.Contains(err.Error(), "en/more.txt: nibs: ") || !strings.Contains(err.Error(), "en/most.txt: inks: ") {
		t.Errorf("got %v, want both contradictions with their places", err)
	}
}

func TestASoundStoryIsRead(t *testing.T) {
	c, err := readFrom(files("", ""))
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "Otters" || len(c.Organisations) != 1 || len(c.Customers) != 1 || len(c.Conversations) != 1 {
		t.Errorf("got %+v", c)
	}
}
