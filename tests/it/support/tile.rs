//! What Grafana would colour red: each value of a panel put through value mappings and thresholds, as
//! the panel's overrides have them. A panel that uses what is not known here fails the test that asks.

use serde_json::Value;

use super::dashboard::Board;

/// The names of red in Grafana's palette.
const REDS: [&str; 5] = [
    "super-light-red",
    "light-red",
    "red",
    "semi-dark-red",
    "dark-red",
];

/// A panel that shows what one of its queries yields.
pub struct Tile<'a> {
    /// The dashboard's file and the panel's title.
    pub place: String,
    panel: &'a Value,
    target: &'a Value,
    is_only: bool,
}

/// What stands in a panel under one name: a line, a bar, a cell.
struct Shown {
    name: String,
    is_number: bool,
    values: Vec<String>,
}

/// Every panel of a dashboard with each of its queries.
pub fn tiles(board: &Board) -> Vec<Tile<'_>> {
    let mut tiles = Vec::new();
    for panel in board.panels() {
        let targets = list(&panel["targets"]);
        tiles.extend(targets.iter().map(|target| Tile {
            place: board.place(panel),
            panel,
            target,
            is_only: targets.len() == 1,
        }));
    }
    tiles
}

impl Tile<'_> {
    /// The query as Grafana sends it where everything is selected, for the last hour of what is
    /// scraped every fifteen seconds.
    pub fn query(&self, board: &Board) -> String {
        let variables = list(&board.json["templating"]["list"]).iter();
        let mut known: Vec<(String, &str)> = variables
            .map(|variable| {
                let all = variable["allValue"].as_str().unwrap_or(".+");
                (text(&variable["name"]).to_owned(), all)
            })
            .collect();
        known.extend(
            [
                ("__rate_interval", "1m"),
                ("__interval", "15s"),
                ("__range_s", "3600"),
                ("__range", "1h"),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        // `$org` must not be found in `$organization`.
        known.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let mut query = text(&self.target["expr"]).to_owned();
        for (name, value) in known {
            query = query.replace(&format!("${{{name}}}"), value);
            query = query.replace(&format!("${name}"), value);
        }
        // `$1` is label_replace's.
        let is_variable = |rest: &str| rest.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let left = query.split('$').skip(1).find(|rest| is_variable(rest));
        assert_eq!(left, None, "{}", self.place);
        query
    }

    /// True where it asks for one moment, and not for all that the time axis shows.
    pub fn is_instant(&self) -> bool {
        self.target["instant"] == true
    }

    /// What of a series, as Prometheus' `query_range` tells it, would have been red at some moment.
    pub fn red(&self, series: &Value) -> Vec<String> {
        let mut red = Vec::new();
        for shown in self.shown(series) {
            let config = self.config(&shown);
            if !self.paints(&config) {
                continue;
            }
            let mut values = shown.values.iter();
            if let Some(value) = values.find(|value| is_red(&self.colour(&config, value))) {
                red.push(format!("{}: {} = {value}", self.place, shown.name));
            }
        }
        red
    }

    /// Everything that a series shows: of a table each of its labels as well.
    fn shown(&self, series: &Value) -> Vec<Shown> {
        let values = list(&series["values"]);
        let values = values.iter().map(|pair| text(&pair[1]).to_owned());
        let number = |name: String| Shown {
            name,
            is_number: true,
            values: values.clone().collect(),
        };
        let labels = series["metric"].as_object().unwrap();
        if self.panel["type"] != "table" {
            return vec![number(self.legend(series))];
        }
        let value = if self.is_only {
            "Value".to_owned()
        } else {
            format!("Value #{}", text(&self.target["refId"]))
        };
        let cells = labels.iter().map(|(name, value)| Shown {
            name: name.clone(),
            is_number: false,
            values: vec![text(value).to_owned()],
        });
        let cells = cells.chain([number(value)]);
        cells.filter_map(|cell| self.arranged(cell)).collect()
    }

    /// A cell under the name that its column gets; `None` where the column is left out.
    fn arranged(&self, cell: Shown) -> Option<Shown> {
        let mut name = cell.name;
        for transformation in list(&self.panel["transformations"]) {
            let options = &transformation["options"];
            if transformation["id"] != "organize" {
                continue;
            }
            if options["excludeByName"][&name] == true {
                return None;
            }
            if let Some(other) = options["renameByName"][&name].as_str() {
                other.clone_into(&mut name);
            }
        }
        Some(Shown { name, ..cell })
    }

    fn legend(&self, series: &Value) -> String {
        let format = text(&self.target["legendFormat"]);
        if format.is_empty() || format == "__auto" {
            return series["metric"].to_string();
        }
        let mut parts = format.split("{{");
        let mut legend = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (label, rest) = part.split_once("}}").unwrap();
            legend += text(&series["metric"][label.trim()]);
            legend += rest;
        }
        legend
    }

    /// How a field is to look: the panel's defaults with the overrides that are about it.
    fn config(&self, shown: &Shown) -> Value {
        let mut config = self.panel["fieldConfig"]["defaults"].clone();
        for field in list(&self.panel["fieldConfig"]["overrides"]) {
            let options = &field["matcher"]["options"];
            let fits = match text(&field["matcher"]["id"]) {
                "byName" => *options == shown.name.as_str(),
                "byFrameRefID" => *options == self.target["refId"],
                "byType" => (*options == "number") == shown.is_number,
                other => panic!("{}: whom `{other}` matches is not known here", self.place),
            };
            if !fits {
                continue;
            }
            for property in list(&field["properties"]) {
                let mut path = text(&property["id"]).split('.');
                let first = path.next().unwrap_or_default();
                let place = path.fold(&mut config[first], |place, part| &mut place[part]);
                *place = property["value"].clone();
            }
        }
        config
    }

    /// Whether the colour of such a field is seen.
    fn paints(&self, config: &Value) -> bool {
        let options = &self.panel["options"];
        match text(&self.panel["type"]) {
            "stat" => options["colorMode"] != "none",
            "gauge" | "bargauge" | "state-timeline" | "status-history" => true,
            "table" => {
                let cell = text(&config["custom"]["cellOptions"]["type"]);
                cell.starts_with("color-") || cell == "gauge"
            }
            "timeseries" => {
                let style = text(&config["custom"]["thresholdsStyle"]["mode"]);
                !["", "off"].contains(&style) || config["color"]["mode"] == "thresholds"
            }
            other => panic!("{}: what `{other}` paints is not known here", self.place),
        }
    }

    fn colour(&self, config: &Value, value: &str) -> String {
        let number: Option<f64> = value.parse().ok().filter(|number: &f64| !number.is_nan());
        if let Some(colour) = self.mapped(config, value, number) {
            return colour;
        }
        let threshold = &config["thresholds"];
        assert_eq!(threshold["mode"], "absolute", "{}", self.place);
        // What is no number lies below every threshold.
        let reached = |step: &&Value| {
            let from = step["value"].as_f64();
            from.is_none_or(|from| number.is_some_and(|number| number >= from))
        };
        let step = list(&threshold["steps"]).iter().rfind(reached);
        step.map(|step| text(&step["color"]).to_owned())
            .unwrap_or_default()
    }

    /// The colour that a value mapping gives, if one does.
    fn mapped(&self, config: &Value, value: &str, number: Option<f64>) -> Option<String> {
        // As Grafana writes a number: `1e+00` is 1.
        let written = number.map_or_else(|| value.to_owned(), |number| number.to_string());
        let result = list(&config["mappings"]).iter().find_map(|mapping| {
            let options = &mapping["options"];
            let fits = match text(&mapping["type"]) {
                "value" => return options.get(&written),
                "range" => number.is_some_and(|number| {
                    let from = options["from"].as_f64().unwrap_or(f64::NEG_INFINITY);
                    let to = options["to"].as_f64().unwrap_or(f64::INFINITY);
                    (from..=to).contains(&number)
                }),
                "special" => match text(&options["match"]) {
                    "nan" | "null+nan" => value == "NaN",
                    "empty" => value.is_empty(),
                    _ => false,
                },
                other => panic!("{}: the mapping `{other}` is not known here", self.place),
            };
            fits.then(|| &options["result"])
        });
        result?["color"].as_str().map(str::to_owned)
    }
}

fn is_red(colour: &str) -> bool {
    assert!(
        !colour.starts_with('#'),
        "a colour without a name: {colour}"
    );
    REDS.contains(&colour)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is red of this value in a panel of this kind.
    fn red(kind: &str, field: &Value, value: &str) -> Vec<String> {
        let panel = json!({
            "type": kind,
            "title": "Orgs",
            "fieldConfig": field,
            "options": { "colorMode": "value" },
            "targets": [{ "refId": "A", "expr": "up{org=~\"$org\"}", "legendFormat": "{{org}}!", "instant": true }],
            "transformations": [{ "id": "organize", "options": { "excludeByName": { "cell": true }, "renameByName": { "org": "Org", "Value": "Up" } } }],
        });
        let json = json!({ "panels": [panel], "templating": { "list": [{ "name": "org", "allValue": ".*" }] } });
        let board = Board {
            file: "board".to_owned(),
            json,
        };
        let tiles = tiles(&board);
        assert_eq!(tiles[0].query(&board), "up{org=~\".*\"}");
        let series = json!({ "metric": { "org": "acme", "cell": "ok7" }, "values": [[0, "5"], [15, value]] });
        tiles[0].red(&series)
    }

    #[test]
    fn a_value_is_red_by_the_last_threshold_that_it_reaches() {
        let steps = json!([{ "color": "red", "value": null }, { "color": "green", "value": 1 }, { "color": "dark-red", "value": 10 }]);
        let field = json!({ "defaults": { "thresholds": { "mode": "absolute", "steps": steps } } });
        assert_eq!(red("stat", &field, "1"), [""; 0]);
        assert_eq!(red("stat", &field, "0"), ["board: \"Orgs\": acme! = 0"]);
        assert_eq!(red("gauge", &field, "NaN").len(), 1);
        assert_eq!(red("stat", &field, "1e+01").len(), 1);
        assert_eq!(red("timeseries", &field, "0"), [""; 0]);
        let drawn = json!({ "defaults": { "thresholds": field["defaults"]["thresholds"], "custom": { "thresholdsStyle": { "mode": "line" } } } });
        assert_eq!(red("timeseries", &drawn, "0").len(), 1);
    }

    #[test]
    fn a_mapping_goes_before_thresholds_and_a_cell_is_red_only_where_it_is_coloured() {
        let steps = json!([{ "color": "green", "value": null }]);
        let mappings = json!([
            { "type": "value", "options": { "0": { "text": "down", "color": "red" }, "acme": { "color": "red" } } },
            { "type": "range", "options": { "from": 7, "to": 8, "result": { "color": "red" } } },
        ]);
        let coloured = |name: &str| {
            let properties = json!([{ "id": "mappings", "value": mappings }, { "id": "custom.cellOptions", "value": { "type": "color-text" } }]);
            let matcher = json!({ "id": "byName", "options": name });
            json!({
                "defaults": { "thresholds": { "mode": "absolute", "steps": steps }, "custom": { "cellOptions": { "type": "auto" } } },
                "overrides": [{ "matcher": matcher, "properties": properties }],
            })
        };
        assert_eq!(
            red("table", &coloured("Up"), "0"),
            ["board: \"Orgs\": Up = 0"]
        );
        assert_eq!(red("table", &coloured("Up"), "7.5").len(), 1);
        assert_eq!(red("table", &coloured("Up"), "1"), [""; 0]);
        assert_eq!(red("table", &coloured("Org"), "1").len(), 1);
        for other in ["cell", "org", "Value"] {
            assert_eq!(red("table", &coloured(other), "0"), [""; 0]);
        }
    }
}
