//! Calls: which arguments each function takes.

use super::{Parser, Result};
use crate::ast::{Argument, Call, Function, Literal, Value};
use crate::error::ParseErrorKind;
use crate::lexer::TokenKind;
use crate::suggest;

impl Parser<'_> {
    /// A call that can stand by itself. The next two tokens are a word and `(`.
    pub(super) fn call(&mut self) -> Result<Call> {
        let function = self.function()?;
        match function {
            Function::ConvertTimezone => Err(self.advise(
                "a function that stands by itself",
                "convertTimezone() stands within a date function alone",
            )),
            Function::Geolocation => Err(self.advise(
                "a function that stands by itself",
                "GEOLOCATION() stands within DISTANCE() alone",
            )),
            _ => self.nested(|parser| parser.call_of(function)),
        }
    }

    /// Which function the next token names. Does not take it.
    fn function(&self) -> Result<Function> {
        let name = self.text(self.token);
        Function::from_name(name).ok_or_else(|| {
            if crate::keywords::is_reserved_name(name) {
                return self.unexpected("a field or a function", &[]);
            }
            let mut error = self.fault(ParseErrorKind::UnknownFunction, self.token);
            error.expected = "a function of SOQL".to_owned();
            error.suggestion = suggest::habit(self.source, self.token.span)
                .map(str::to_owned)
                .or_else(|| suggest::function(name));
            error
        })
    }

    fn call_of(&mut self, function: Function) -> Result<Call> {
        let start = self.bump().span;
        self.expect(TokenKind::Open, "`(`")?;
        let args = match function {
            Function::Count if self.at(TokenKind::Close) => Vec::new(),
            Function::Distance => self.distance()?,
            Function::Geolocation => {
                let latitude = self.coordinate("a latitude")?;
                self.expect(TokenKind::Comma, "`,` and a longitude")?;
                vec![latitude, self.coordinate("a longitude")?]
            }
            _ => vec![self.argument(function)?],
        };
        self.expect(TokenKind::Close, "`)`")?;
        Ok(Call { function, args, span: self.since(start) })
    }

    /// The one argument of most functions: a field, or a call of the few
    /// functions that may stand within.
    fn argument(&mut self, outer: Function) -> Result<Argument> {
        if !self.at(TokenKind::Word) || self.second().kind != TokenKind::Open {
            return self.path("a field").map(Argument::Field);
        }
        let inner = self.function()?;
        let allowed = match outer {
            Function::Format => {
                inner.is_aggregate()
                    || matches!(inner, Function::ConvertCurrency | Function::ToLabel)
            }
            Function::ConvertCurrency => inner.is_aggregate(),
            Function::Grouping => inner.is_date(),
            _ if outer.is_date() => inner == Function::ConvertTimezone,
            _ => false,
        };
        if !allowed {
            let expected = format!("a field within {}()", outer.name());
            return Err(self.advise(&expected, &format!("{} cannot stand within it", inner.name())));
        }
        self.nested(|parser| parser.call_of(inner)).map(Argument::Call)
    }

    /// The arguments of `DISTANCE`: a location field, a place, a unit.
    fn distance(&mut self) -> Result<Vec<Argument>> {
        let field = Argument::Field(self.path("a location field")?);
        self.expect(TokenKind::Comma, "`,` and GEOLOCATION(…)")?;
        if !self.at_word("GEOLOCATION") {
            return Err(self.unexpected("GEOLOCATION(latitude, longitude)", &["GEOLOCATION"]));
        }
        let place = Argument::Call(self.nested(|parser| parser.call_of(Function::Geolocation))?);
        self.expect(TokenKind::Comma, "`,` and a unit")?;
        let token = self.token;
        let unit = match token.kind {
            TokenKind::String => self.string(token, false)?,
            _ => String::new(),
        };
        if !matches!(unit.as_str(), "mi" | "km") {
            return Err(self.unexpected("'mi' or 'km'", &[]));
        }
        self.bump();
        let unit = Argument::Literal(Literal { value: Value::String(unit), span: token.span });
        Ok(vec![field, place, unit])
    }

    fn coordinate(&mut self, expected: &str) -> Result<Argument> {
        match self.token.kind {
            TokenKind::Number | TokenKind::Colon => self.value().map(Argument::Literal),
            _ => Err(self.unexpected(expected, &[])),
        }
    }
}
