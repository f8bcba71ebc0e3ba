import MiniSearch from "minisearch"; console.log(new MiniSearch({fields:["a"]}));
