//! The items of a body: one, a list of them, a list in an object, or one a line.

use crate::{
    fields::{FieldError, Fields},
    intake::Format,
    tree::{self, Node, Object},
};
use sluicegate_openrtb::json::{self, JsonError, Limits};

/// What a body may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// The field of an object that holds nothing but the list.
    pub(crate) list: &'static str,
    /// Items at most.
    pub(crate) items_max: usize,
    /// Size and depth at most.
    pub(crate) body: Limits,
}

/// One item. It is read on its own, so that a wrong one refuses only itself.
pub(crate) enum Item<'a> {
    Object(Object<'a>),
    NotAnObject,
    NotJson(JsonError),
}

/// A body has no items.
#[derive(Debug)]
pub(crate) enum ItemsError {
    /// It is not acceptable JSON.
    Json(JsonError),
    /// It is neither an item nor a list of them. Where, `$` being the body.
    Shape(&'static str),
    /// There is a field beside the list. Which.
    Beside(String),
    /// There are too many.
    TooMany,
}

impl Form {
    /// Returns the items of a body, in order.
    pub(crate) fn items(self, body: &[u8], format: Format) -> Result<Vec<Item<'_>>, ItemsError> {
        match format {
            Format::Json => self.json(body),
            Format::Ndjson => self.ndjson(body),
        }
    }

    fn json(self, body: &[u8]) -> Result<Vec<Item<'_>>, ItemsError> {
        let list = match tree::parse(body, &self.body).map_err(ItemsError::Json)? {
            Node::List(list) => list,
            Node::Object(mut object) => match object.take(self.list) {
                None => return Ok(vec![Item::Object(object)]),
                Some(Node::List(list)) => match Fields::of("", object).end() {
                    Ok(()) => list,
                    Err(wrong) => return Err(ItemsError::Beside(wrong.field)),
                },
                Some(_) => return Err(ItemsError::Shape(self.list)),
            },
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Fraction(_) | Node::Text(_) => {
                return Err(ItemsError::Shape("$"));
            }
        };
        if list.len() > self.items_max {
            return Err(ItemsError::TooMany);
        }
        Ok(list.into_iter().map(Item::of).collect())
    }

    fn ndjson(self, body: &[u8]) -> Result<Vec<Item<'_>>, ItemsError> {
        if body.len() > self.body.bytes {
            let (path, problem) = (String::from("$"), json::Problem::TooLarge);
            return Err(ItemsError::Json(JsonError { path, problem }));
        }
        let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let lines = lines.filter(|line| !line.is_empty());
        if lines.clone().count() > self.items_max {
            return Err(ItemsError::TooMany);
        }
        Ok(lines
            .map(|line| tree::parse(line, &self.body).map_or_else(Item::NotJson, Item::of))
            .collect())
    }
}

impl<'a> Item<'a> {
    pub(crate) fn of(node: Node<'a>) -> Self {
        match node {
            Node::Object(object) => Self::Object(object),
            Node::Null
            | Node::Bool(_)
            | Node::Number(_)
            | Node::Fraction(_)
            | Node::Text(_)
            | Node::List(_) => Self::NotAnObject,
        }
    }

    pub(crate) fn object(self) -> Result<Object<'a>, FieldError> {
        match self {
            Self::Object(object) => Ok(object),
            Self::NotAnObject => Err(whole("not an object")),
            Self::NotJson(error) => {
                Err(FieldError { field: error.path, problem: "not acceptable JSON" })
            }
        }
    }
}

/// Returns the error for an item as a whole.
pub(crate) fn whole(problem: &'static str) -> FieldError {
    FieldError { field: String::from("$"), problem }
}
