// Tests of BreachResponse.
