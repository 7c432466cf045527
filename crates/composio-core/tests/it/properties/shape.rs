//! Schemas of which we know what they mean: what fits them, and what a model writes that is held to their strict form.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::draw::NAMES;

/// What a parameter takes.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Text,
    Number,
    Flag,
    /// One of a few texts.
    Fixed,
    /// A text, a number, or an object.
    Choice(Vec<Parameter>),
    List(Box<Shape>),
    Object(Vec<Parameter>),
    /// A list that is linked, by way of `$defs`.
    Node,
}

#[derive(Clone, Debug)]
pub(super) struct Parameter {
    name: &'static str,
    shape: Shape,
    required: bool,
    nullable: bool,
}

/// The parameters of a tool.
pub(super) fn object() -> BoxedStrategy<Shape> {
    parameters(&shape()).prop_map(Shape::Object).boxed()
}

fn shape() -> BoxedStrategy<Shape> {
    let leaf = select(vec![Shape::Text, Shape::Number, Shape::Flag, Shape::Fixed, Shape::Node]);
    let grown = leaf.prop_recursive(3, 16, 3, |below| {
        let below = below.boxed();
        prop_oneof![
            parameters(&below).prop_map(Shape::Object),
            parameters(&below).prop_map(Shape::Choice),
            below.prop_map(|items| Shape::List(Box::new(items))),
        ]
    });
    grown.boxed()
}

fn parameters(below: &BoxedStrategy<Shape>) -> BoxedStrategy<Vec<Parameter>> {
    let drawn = (subsequence(&NAMES[..], 0..4), vec((below.clone(), any::<bool>(), any::<bool>()), 4));
    let parameter = |(name, (shape, required, nullable))| Parameter { name, shape, required, nullable };
    drawn.prop_map(move |(names, drawn)| names.into_iter().zip(drawn).map(parameter).collect()).boxed()
}

impl Shape {
    /// One that can be looked at.
    pub(super) fn example() -> Self {
        let parameter = |name, shape, required| Parameter { name, shape, required, nullable: false };
        Self::Object(vec![
            parameter("needed", Self::Text, true),
            parameter("left", Self::Number, false),
            parameter("node", Self::Node, false),
        ])
    }

    /// The schema of a tool that takes this.
    pub(super) fn schema(&self) -> Value {
        let mut root = self.below();
        root["$defs"] = json!({"Node": {
            "type": "object",
            "properties": {"label": {"type": "string"}, "next": {"$ref": "#/$defs/Node"}},
            "required": ["label"],
        }});
        root
    }

    fn below(&self) -> Value {
        match self {
            Self::Text => json!({"type": "string", "default": "x"}),
            Self::Number => json!({"type": "integer", "format": "int32"}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Fixed => json!({"type": "string", "enum": ["x", "y"]}),
            Self::Choice(parameters) => {
                json!({"oneOf": [{"type": "string"}, Self::Object(parameters.clone()).below(), {"type": "integer"}]})
            }
            Self::List(items) => json!({"type": "array", "items": items.below()}),
            Self::Object(parameters) => {
                let property = |parameter: &Parameter| {
                    let mut schema = parameter.shape.below();
                    if parameter.nullable {
                        schema["nullable"] = json!(true);
                    }
                    (parameter.name.to_owned(), schema)
                };
                let properties: Map<String, Value> = parameters.iter().map(property).collect();
                let required: Vec<_> = parameters.iter().filter(|one| one.required).map(|one| one.name).collect();
                let mut object = json!({"type": "object", "properties": properties, "required": required});
                if parameters.is_empty() {
                    object["additionalProperties"] = json!(false);
                }
                object
            }
            Self::Node => json!({"$ref": "#/$defs/Node"}),
        }
    }

    /// What fits. A parameter that may be `null` is always there: left out, it could not be told from `null` later.
    pub(super) fn values(&self) -> BoxedStrategy<Value> {
        match self {
            Self::Text => any::<String>().prop_map(Value::from).boxed(),
            Self::Number => any::<i32>().prop_map(Value::from).boxed(),
            Self::Flag => any::<bool>().prop_map(Value::from).boxed(),
            Self::Fixed => select(vec![json!("x"), json!("y")]).boxed(),
            Self::Choice(parameters) => {
                let object = Self::Object(parameters.clone()).values();
                prop_oneof![any::<String>().prop_map(Value::from), any::<i32>().prop_map(Value::from), object].boxed()
            }
            Self::List(items) => vec(items.values(), 0..3).prop_map(Value::from).boxed(),
            Self::Object(parameters) => {
                let none: BoxedStrategy<Map<String, Value>> = Just(Map::new()).boxed();
                let all = parameters.iter().fold(none, |before, parameter| {
                    let name = parameter.name;
                    let with = (before, parameter.values()).prop_map(move |(mut object, value)| {
                        object.extend(value.map(|value| (name.to_owned(), value)));
                        object
                    });
                    with.boxed()
                });
                all.prop_map(Value::Object).boxed()
            }
            Self::Node => vec(any::<String>(), 1..4).prop_map(|labels| linked(&labels)).boxed(),
        }
    }

    /// The same with every parameter written out, as a strict schema wants it: `null` stands for what is left out.
    pub(super) fn written_out(&self, value: &Value) -> Value {
        match (self, value) {
            (Self::List(items), Value::Array(values)) => values.iter().map(|value| items.written_out(value)).collect(),
            (Self::Object(parameters) | Self::Choice(parameters), Value::Object(object)) => {
                let field = |parameter: &Parameter| {
                    let value =
                        object.get(parameter.name).map_or(Value::Null, |value| parameter.shape.written_out(value));
                    (parameter.name.to_owned(), value)
                };
                Value::Object(parameters.iter().map(field).collect())
            }
            (Self::Node, Value::Object(node)) => {
                let next = node.get("next").map_or(Value::Null, |next| self.written_out(next));
                json!({"label": node["label"], "next": next})
            }
            _ => value.clone(),
        }
    }
}

impl Parameter {
    fn values(&self) -> BoxedStrategy<Option<Value>> {
        let given = self.shape.values();
        match (self.required, self.nullable) {
            (true, false) => given.prop_map(Some).boxed(),
            (_, true) => option::of(given).prop_map(|value| Some(value.unwrap_or(Value::Null))).boxed(),
            (false, false) => option::of(given).boxed(),
        }
    }
}

/// The labels as a linked list, whose end has no `next`.
fn linked(labels: &[String]) -> Value {
    let mut node = json!({"label": labels[0]});
    if labels.len() > 1 {
        node["next"] = linked(&labels[1..]);
    }
    node
}
