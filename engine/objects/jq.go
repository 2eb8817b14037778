package objects

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/itchyny/gojq"
)

// jqTimeLimit is Argo CD's default for ignore.normalizer.jq.timeout.
const jqTimeLimit = time.Second

// Without removes what each jqPathExpression selects (Argo CD: util/argo/normalizers, del(…)). An
// expression that fails is passed over, as Argo CD does.
func Without(ctx context.Context, object map[string]any, expressions []string) (map[string]any, error) {
	for _, expression := range expressions {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if next, err := deleted(ctx, object, expression); err == nil {
			object = next
		}
	}
	return object, nil
}

func deleted(ctx context.Context, object map[string]any, expression string) (map[string]any, error) {
	query, err := gojq.Parse(fmt.Sprintf("del(%s)", expression))
	if err != nil {
		return nil, errors.New("the expression cannot be parsed")
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, errors.New("the expression cannot be compiled")
	}
	ctx, cancel := context.WithTimeout(ctx, jqTimeLimit)
	defer cancel()
	results := code.RunWithContext(ctx, object)
	first, ok := results.Next()
	if ctx.Err() != nil {
		return nil, errors.New("the expression took longer than a second")
	}
	result, isObject := first.(map[string]any)
	if !ok || !isObject {
		return nil, errors.New("the expression does not select paths of the object")
	}
	if _, more := results.Next(); more {
		return nil, errors.New("the expression gives more than one result")
	}
	return result, nil
}
