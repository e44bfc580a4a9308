//! The clauses of a statement, in their order.

use winnow::{
    ModalResult, Parser,
    ascii::multispace0,
    combinator::{alt, cut_err, delimited, eof, opt, preceded, repeat, separated, terminated},
    token::rest,
};

use super::{
    condition::condition,
    token::{alias, keyword, number, path, sign, word},
};
use crate::soql::ast::{Condition, Expression, Order, Path, Query, SelectItem, TypeOf};

pub fn statement(input: &mut &str) -> ModalResult<Query> {
    terminated(query, (multispace0, eof)).parse_next(input)
}

pub fn query(input: &mut &str) -> ModalResult<Query> {
    keyword("select").parse_next(input)?;
    let select = cut_err(separated(1.., select_item, sign(','))).parse_next(input)?;
    cut_err(keyword("from")).parse_next(input)?;
    let from = cut_err(word).parse_next(input)?.to_owned();
    let alias = preceded(opt(keyword("as")), alias);
    let alias = opt(alias).parse_next(input)?.map(str::to_owned);
    let scope = opt(preceded(keyword("using"), cut_err(scope))).parse_next(input)?;
    let filter = opt(preceded(keyword("where"), cut_err(condition))).parse_next(input)?;
    let with = opt(with).parse_next(input)?;
    let (group_by, having) = grouping(input)?;
    let order_by = order_by(input)?;
    let limit = opt(preceded(keyword("limit"), cut_err(number))).parse_next(input)?;
    let offset = opt(preceded(keyword("offset"), cut_err(number))).parse_next(input)?;
    let trailer = trailer(input)?;
    Ok(Query {
        select,
        from,
        alias,
        scope,
        filter,
        group_by,
        having,
        order_by,
        limit,
        offset,
        unsupported: with.or(trailer),
    })
}

fn select_item(input: &mut &str) -> ModalResult<SelectItem> {
    alt((
        delimited(sign('('), cut_err(query), cut_err(sign(')')))
            .map(|query| SelectItem::Children(Box::new(query))),
        preceded(keyword("typeof"), cut_err(type_of)).map(SelectItem::TypeOf),
        (expression, opt(alias)).map(|(expression, alias)| SelectItem::Expression {
            expression,
            alias: alias.map(str::to_owned),
        }),
    ))
    .parse_next(input)
}

/// A field, or a function of at most one field.
pub fn expression(input: &mut &str) -> ModalResult<Expression> {
    let path = path(input)?;
    if path.len() > 1 || opt(sign('(')).parse_next(input)?.is_none() {
        return Ok(Expression::Field(path));
    }
    let argument = opt(super::token::path).parse_next(input)?;
    cut_err(sign(')')).parse_next(input)?;
    let name = path.concat().to_ascii_uppercase();
    Ok(Expression::Function { name, argument })
}

fn type_of(input: &mut &str) -> ModalResult<TypeOf> {
    let relationship = word(input)?.to_owned();
    let branches = repeat(1.., branch).parse_next(input)?;
    let otherwise = opt(preceded(keyword("else"), cut_err(paths))).parse_next(input)?;
    keyword("end").parse_next(input)?;
    Ok(TypeOf {
        relationship,
        branches,
        otherwise: otherwise.unwrap_or_default(),
    })
}

fn branch(input: &mut &str) -> ModalResult<(String, Vec<Path>)> {
    let object = preceded(keyword("when"), cut_err(word)).parse_next(input)?;
    let fields = cut_err(preceded(keyword("then"), paths)).parse_next(input)?;
    Ok((object.to_owned(), fields))
}

fn paths(input: &mut &str) -> ModalResult<Vec<Path>> {
    separated(1.., path, sign(',')).parse_next(input)
}

fn scope(input: &mut &str) -> ModalResult<String> {
    preceded(keyword("scope"), word)
        .map(str::to_owned)
        .parse_next(input)
}

/// `WITH` and whatever follows: nothing of it is supported, so it need not be understood.
fn with(input: &mut &str) -> ModalResult<&'static str> {
    (keyword("with"), rest).value("WITH").parse_next(input)
}

fn grouping(input: &mut &str) -> ModalResult<(Vec<Expression>, Option<Condition>)> {
    if opt(keyword("group")).parse_next(input)?.is_none() {
        return Ok((Vec::new(), None));
    }
    cut_err(keyword("by")).parse_next(input)?;
    let group_by = cut_err(separated(1.., expression, sign(','))).parse_next(input)?;
    let having = opt(preceded(keyword("having"), cut_err(condition))).parse_next(input)?;
    Ok((group_by, having))
}

fn order_by(input: &mut &str) -> ModalResult<Vec<Order>> {
    if opt(keyword("order")).parse_next(input)?.is_none() {
        return Ok(Vec::new());
    }
    cut_err(keyword("by")).parse_next(input)?;
    cut_err(separated(1.., order, sign(','))).parse_next(input)
}

fn order(input: &mut &str) -> ModalResult<Order> {
    let expression = expression(input)?;
    let direction = alt((keyword("asc").value(false), keyword("desc").value(true)));
    let descending = opt(direction).parse_next(input)?.unwrap_or(false);
    let place = alt((keyword("first").value(false), keyword("last").value(true)));
    let nulls = opt(preceded(keyword("nulls"), cut_err(place))).parse_next(input)?;
    Ok(Order {
        expression,
        descending,
        nulls_last: nulls.unwrap_or(false),
    })
}

/// `FOR VIEW` and `FOR REFERENCE` only mark records as seen; the rest belongs to Apex.
fn trailer(input: &mut &str) -> ModalResult<Option<&'static str>> {
    let trailer = alt((
        (keyword("for"), keyword("view")).value(None),
        (keyword("for"), keyword("reference")).value(None),
        (keyword("for"), keyword("update")).value(Some("FOR UPDATE")),
        (keyword("all"), keyword("rows")).value(Some("ALL ROWS")),
        (
            keyword("update"),
            alt((keyword("tracking"), keyword("viewstat"))),
        )
            .value(None),
    ));
    let trailers: Vec<Option<&'static str>> = repeat(0..4, trailer).parse_next(input)?;
    Ok(trailers.into_iter().flatten().next())
}
