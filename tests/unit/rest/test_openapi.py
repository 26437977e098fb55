from __future__ import annotations

import pytest
from aitrader_gateway.rest.app import create_app
from aitrader_gateway.rest.openapi import describe
from aitrader_gateway.rest.routes import RouteTable


@pytest.fixture(scope="module")
def document(zoo):
    return describe(RouteTable([zoo.service]).routes, title="Zoo", version="1")


def parameters(operation, where):
    return {p["name"]: p["schema"] for p in operation["parameters"] if p["in"] == where}


def test_a_variable_of_several_segments_is_one_parameter_with_a_pattern(document):
    operation = document["paths"]["/v1/{name}"]["get"]
    assert parameters(operation, "path")["name"]["pattern"] == "^shelves/[^/]+/animals/[^/]+$"


def test_a_verb_ends_the_path(document):
    operation = document["paths"]["/v1/deep/{name}:tail"]["get"]
    assert parameters(operation, "path")["name"]["pattern"] == "^a/[^/]+/y/.*$"


def test_each_binding_of_a_method_has_an_operation_of_its_own(document):
    operations = [o for path in document["paths"].values() for o in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)
    assert {"ZooService_GetAnimal", "ZooService_GetAnimal_2", "ZooService_GetAnimal_3"} <= {*ids}


def test_a_query_lists_scalars_nested_fields_and_maps_and_nothing_that_is_bound(document):
    query = parameters(document["paths"]["/v1/animals"]["get"], "query")
    assert query["int64_value"]["format"] == "int64"
    assert query["mate.name"] == {"type": "string"}
    assert query["at"]["format"] == "date-time"
    assert query["string_box"]["type"] == ["string", "null"]
    assert query["tags"] == {"type": "array", "items": {"type": "string"}}
    assert query["labels"]["additionalProperties"] == {"type": "string"}
    assert "cubs" not in query
    bound = parameters(document["paths"]["/v1/{parent}/animals"]["post"], "query")
    assert set(bound) == {"animal_id"}


def test_a_whole_body_leaves_no_query(document):
    operation = document["paths"]["/v1/animals:lookup"]["post"]
    assert operation["parameters"] == []
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/zoo.v1.GetAnimalRequest"}


def test_a_body_leaves_out_what_the_path_says(compile_text):
    service = compile_text(
        'rpc Put(M) returns (M) { option (google.api.http) = {put: "/m/{name}" body: "*"}; }'
    )
    document = describe(RouteTable([service]).routes, title="Text", version="1")
    body = document["paths"]["/m/{name}"]["put"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert set(schema["properties"]) == {"tags", "inner", "labels"}


def test_a_body_of_a_strict_facade_admits_no_unknown_field(zoo, document):
    strict = document["components"]["schemas"]
    assert strict["zoo.v1.GetAnimalRequest"]["additionalProperties"] is False
    assert "additionalProperties" not in strict["google.rpc.Status"]
    routes = RouteTable([zoo.service]).routes
    lenient = describe(routes, title="Zoo", version="1", lenient=True)["components"]["schemas"]
    assert "additionalProperties" not in lenient["zoo.v1.GetAnimalRequest"]


def test_a_write_may_be_taken_on_before_its_outcome_is_known(document):
    paths = document["paths"]
    assert "202" in paths["/v1/animals:lookup"]["post"]["responses"]
    assert "202" not in paths["/v1/animals"]["get"]["responses"]


def test_a_method_for_every_verb_is_described_for_every_verb(document):
    assert set(document["paths"]["/v1/any/{name}"]) == {"get", "put", "post", "delete", "patch"}


def test_a_method_that_openapi_has_no_word_for_is_left_out(document):
    assert set(document["paths"]["/v1/animals/{name}"]) == {"get", "delete"}


def test_one_field_of_the_answer_is_described_as_the_answer(document):
    answer = document["paths"]["/v1/animals/{name}/tags"]["get"]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]
    assert schema == {"type": "array", "items": {"type": "string"}}


def test_an_http_body_is_of_any_type(document):
    operation = document["paths"]["/v1/files"]["post"]
    assert list(operation["requestBody"]["content"]) == ["*/*"]
    assert list(operation["responses"]["200"]["content"]) == ["*/*"]


def test_a_stream_is_described_line_by_line(document):
    content = document["paths"]["/v1/watch"]["get"]["responses"]["200"]["content"]
    assert set(content) == {"application/json", "text/event-stream"}
    assert set(content["application/json"]["schema"]["properties"]) == {"result", "error"}


def test_a_message_that_holds_itself_is_described_once(document):
    animal = document["components"]["schemas"]["zoo.v1.Animal"]["properties"]
    reference = {"$ref": "#/components/schemas/zoo.v1.Animal"}
    assert animal["mate"] == {"anyOf": [reference, {"type": "null"}]}
    assert animal["cubs"] == {"type": "array", "items": reference}
    assert animal["optional_int"]["type"] == ["integer", "null"]
    assert animal["bytes_value"]["contentEncoding"] == "base64"
    assert animal["uint32_value"]["maximum"] == 4_294_967_295


@pytest.fixture(scope="module")
def contract():
    return create_app(None).openapi()


def operations(document):
    return [operation for path in document["paths"].values() for operation in path.values()]


def properties(node, where=""):
    """Every property of every schema in a part of the document, with where it stands."""
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in children:
        at = f"{where}/{key}"
        if key == "properties":
            yield from ((f"{at}/{name}", schema) for name, schema in child.items())
        if isinstance(child, dict | list):
            yield from properties(child, at)


def undescribed(document):
    schemas = document["components"]["schemas"].items()
    parts = [
        *((operation["operationId"], operation) for operation in operations(document)),
        *(
            (f"{operation['operationId']}: {parameter['name']}", parameter)
            for operation in operations(document)
            for parameter in operation.get("parameters", [])
        ),
        *((tag["name"], tag) for tag in document["tags"]),
        *schemas,
        *properties(document),
    ]
    return {name for name, part in parts if not part.get("description")}


def test_every_operation_parameter_schema_and_property_of_the_contract_is_described(contract):
    assert len(operations(contract)) > 30
    assert len(list(properties(contract))) > 300
    assert undescribed(contract) == set()


def test_what_is_not_described_is_found(document):
    assert {
        "ZooService",
        "ZooService_GetAnimal",
        "ZooService_GetAnimal: name",
        "zoo.v1.Animal",
        "zoo.v1.AnimalKind",
        "/components/schemas/zoo.v1.Animal/properties/mate",
    } <= undescribed(document)


def test_a_service_without_comments_is_served_without_descriptions(document):
    operation = document["paths"]["/v1/animals"]["get"]
    assert operation["summary"] == "Find animals"
    assert "description" not in operation
    assert document["components"]["schemas"]["zoo.v1.AnimalKind"] == {
        "type": "string",
        "enum": ["ANIMAL_KIND_UNSPECIFIED", "ANIMAL_KIND_CAT", "ANIMAL_KIND_BIG_CAT"],
    }


def test_an_operation_is_summed_up_by_the_first_sentence_of_its_comment(contract):
    trade = contract["paths"]["/live/trade"]["post"]
    summary = (
        "Decides from features and news and executes, or executes an explicit side and quantity"
    )
    assert trade["summary"] == summary
    assert trade["description"].startswith(f"{summary}.")
    assert {
        "name": "TradingService",
        "description": "Decides, places, watches and settles orders.",
    } in (contract["tags"])


def test_a_line_for_the_contracts_linter_is_no_description(contract):
    metrics = contract["paths"]["/metrics"]["get"]
    assert metrics["description"] == "Metrics in Prometheus text format."


def test_a_description_gives_the_unit(contract):
    order = contract["components"]["schemas"]["aitrader.v1.Order"]["properties"]
    assert order["limit_price"]["description"] == (
        "Decimal text, quote per base; empty for market orders."
    )
    (size,) = (
        p
        for p in contract["paths"]["/live/orders"]["get"]["parameters"]
        if p["name"] == "page_size"
    )
    assert size["description"].startswith("Most orders to answer, 1 to 1000")
    assert "description" not in size["schema"]


def test_a_reference_keeps_the_comment_of_its_field(contract):
    order = contract["components"]["schemas"]["aitrader.v1.Order"]["properties"]
    assert order["side"] == {
        "$ref": "#/components/schemas/aitrader.v1.Side",
        "description": "Direction.",
    }


def test_a_field_mask_tells_its_meaning_and_its_form(contract):
    body = contract["paths"]["/live/strategies/{name}"]["patch"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert schema["description"] == "Changes one strategy."
    mask = schema["properties"]["update_mask"]["description"]
    assert mask == (
        "Fields to change; empty means those that are set. "
        "Field paths in lowerCamelCase, separated by commas."
    )


def test_an_enum_lists_what_its_values_mean(contract):
    assert contract["components"]["schemas"]["aitrader.v1.Side"]["description"] == (
        "Direction of an order.\n"
        "\n"
        "- SIDE_UNSPECIFIED: Not given.\n"
        "- SIDE_BUY: Buys the base asset.\n"
        "- SIDE_SELL: Sells the base asset."
    )
