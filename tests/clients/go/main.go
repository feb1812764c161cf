// openai-go sends no encoding_format: that must give numbers.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

const tolerance = 1e-5

type testCase struct {
	URL     string
	Model   string
	Texts   []string
	Vectors [][]float64
}

var failed bool

func printLine(line map[string]string) {
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func check(call string, err error) {
	why := ""
	if err != nil {
		why = err.Error()
		failed = true
	}
	printLine(map[string]string{"call": call, "why": why})
}

func clientVersion() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if strings.HasPrefix(module.Path, "github.com/openai/openai-go") {
			return module.Version
		}
	}
	return "unknown"
}

func sameVectors(found []openai.Embedding, expected [][]float64) error {
	if len(found) != len(expected) {
		return fmt.Errorf("expected %d rows, found %d", len(expected), len(found))
	}
	for at, row := range found {
		if len(row.Embedding) != len(expected[at]) {
			return fmt.Errorf("row %d has %d components, expected %d", at, len(row.Embedding), len(expected[at]))
		}
		for i, value := range row.Embedding {
			if !(math.Abs(value-expected[at][i]) <= tolerance) {
				return fmt.Errorf("row %d, component %d: %g, expected %g", at, i, value, expected[at][i])
			}
		}
	}
	return nil
}

func embed(client openai.Client, model string, texts []string) (*openai.CreateEmbeddingResponse, error) {
	return client.Embeddings.New(context.Background(), openai.EmbeddingNewParams{
		Model: openai.EmbeddingModel(model),
		Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: texts},
	})
}

func checkTexts(client openai.Client, c testCase) error {
	answer, err := embed(client, c.Model, c.Texts)
	if err != nil {
		return err
	}
	return sameVectors(answer.Data, c.Vectors)
}

func checkUnknownModel(client openai.Client) error {
	_, err := embed(client, "no-such-model", []string{"a"})
	var answer *openai.Error
	if !errors.As(err, &answer) || answer.StatusCode != 404 {
		return fmt.Errorf("expected status 404, found %v", err)
	}
	return nil
}

func checkModels(client openai.Client, c testCase) error {
	page, err := client.Models.List(context.Background())
	if err != nil {
		return err
	}
	for _, model := range page.Data {
		if model.ID == c.Model {
			return nil
		}
	}
	return fmt.Errorf("%s is not listed", c.Model)
}

func main() {
	text, err := os.ReadFile(os.Getenv("VETOR_CLIENTS_CASE"))
	var c testCase
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	printLine(map[string]string{"version": clientVersion()})
	client := openai.NewClient(option.WithBaseURL(c.URL+"/v1"), option.WithAPIKey("unused"), option.WithMaxRetries(0))
	check("texts", checkTexts(client, c))
	check("models", checkModels(client, c))
	check("an unknown model", checkUnknownModel(client))
	if failed {
		os.Exit(1)
	}
}
