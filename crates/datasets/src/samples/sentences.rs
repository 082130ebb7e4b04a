//! What invented reviews are put together from: products by activity, and sentences about them, good and bad.

/// An activity, what is bought for it, and what people say about it.
pub(super) struct Activity {
    pub(super) name: &'static str,
    pub(super) products: &'static [&'static str],
    /// Sentences that only someone who does this would write.
    pub(super) told: &'static [&'static str],
}

pub(super) const ACTIVITIES: &[Activity] = &[
    Activity {
        name: "hiking",
        products: &[
            "Tarn 45 Backpack",
            "Ridgeway Boots",
            "Larch Trekking Poles",
            "Moor Rain Jacket",
            "Trail Socks 3-Pack",
        ],
        told: &[
            "I walked nine days from hut to hut with it, most of them in drizzle.",
            "On the long descent my knees were grateful.",
            "We did the whole ridge in one day and I hardly thought about my feet.",
            "The path was stony and steep, with snow in the gullies even in June.",
            "After twenty kilometres you notice every gram you carry.",
            "Crossing the bog I went in up to the ankles.",
        ],
    },
    Activity {
        name: "camping",
        products: &["Two-Person Dome Tent", "Ember Gas Stove", "Heron Sleeping Mat", "Wool Blanket", "Lantern Mini"],
        told: &[
            "It stood through a night of wind that took the neighbours' tent.",
            "We cooked for four with it and the soup was hot in six minutes.",
            "In the morning the inside was wet from our breath.",
            "Putting it up alone in the dark took me a quarter of an hour.",
            "The ground was frozen, and I slept like a stone all the same.",
            "The children want to sleep in the garden every night now.",
        ],
    },
    Activity {
        name: "road cycling",
        products: &["Aero Bottle", "Clip Pedals Light", "Night Lamp 400", "Summer Jersey", "Saddle No. 7"],
        told: &[
            "I ride to work and back, thirty kilometres a day, all year.",
            "On the climb I changed down and it did what it should.",
            "Cars see me from far away, which is what I wanted.",
            "After four hours in the saddle I could still sit.",
            "The cobbles of the old town shake everything loose.",
            "I did my first hundred kilometres with it.",
        ],
    },
    Activity {
        name: "mountain biking",
        products: &["Knee Pads Pro", "Trail Helmet", "Chain Guard", "Grip Gloves", "Mud Tyres 29"],
        told: &[
            "I went over the handlebars at the second jump and got up again.",
            "In wet roots the back wheel goes its own way.",
            "The track has been washed out by the storms and it held on all the same.",
            "Mud gets into everything here.",
            "It took a stone from the rider in front and only has a scratch.",
        ],
    },
    Activity {
        name: "climbing",
        products: &["Gneiss Harness", "Chalk Bag", "60 m Rope", "Edge Shoes", "Belay Glasses"],
        told: &[
            "I took a long fall in the third pitch and it held.",
            "On small footholds I trust it completely.",
            "In the gym my partner and I use it twice a week.",
            "The gear loops are where the hand expects them.",
            "After a season on rough granite it looks its age.",
        ],
    },
    Activity {
        name: "running",
        products: &["Feather Shoes", "Reflective Vest", "Bottle Belt", "Winter Tights", "Pulse Watch"],
        told: &[
            "I am training for my first half marathon.",
            "Ten kilometres along the river, three times a week.",
            "My shins hurt before, and they do not any more.",
            "The watch and my phone never agree on the distance.",
            "At minus ten degrees I came home with warm legs.",
        ],
    },
    Activity {
        name: "swimming",
        products: &["Lane Goggles", "Open Water Buoy", "Silicone Cap", "Pull Float", "Thermal Suit"],
        told: &[
            "In the lake I see the bottom at five metres.",
            "After forty lanes there were rings around my eyes.",
            "The water had fourteen degrees and I stayed in for half an hour.",
            "Boats keep their distance since I tow it behind me.",
            "Chlorine has bleached it within two months.",
        ],
    },
    Activity {
        name: "kayaking",
        products: &["Dry Bag 20", "Carbon Paddle", "Spray Deck", "River Shoes", "Tow Line"],
        told: &[
            "We capsized in the weir and my sandwiches stayed dry.",
            "On the lake it is silent, on the river you want more stiffness.",
            "My hands were blue by noon.",
            "It dries in the sun while you have lunch.",
            "The current was stronger than the map had promised.",
        ],
    },
    Activity {
        name: "cross-country skiing",
        products: &["Glide Wax Set", "Thin Gloves", "Touring Skis", "Pole Straps", "Thermo Flask"],
        told: &[
            "On new snow it glides as if by itself.",
            "The groomed track begins behind our house.",
            "Tea was still hot after six hours at minus fifteen.",
            "Uphill I slid back with every second step.",
            "I learnt it at fifty, and I wish I had begun earlier.",
        ],
    },
    Activity {
        name: "birdwatching",
        products: &["Compact Binoculars 8x32", "Field Notebook", "Folding Stool", "Spotting Scope", "Camouflage Net"],
        told: &[
            "I saw the kingfisher before it saw me.",
            "At dusk the picture stays bright when others go grey.",
            "Sitting still for three hours is only possible with something good to sit on.",
            "The heron did not care about me at all.",
            "My glasses fog up, theirs do not.",
        ],
    },
];

/// Ways to begin.
pub(super) const OPENINGS: &[&str] = &[
    "I've had the {product} for about {months} months.",
    "Bought the {product} last spring.",
    "My sister gave me the {product} for my birthday.",
    "This is my second {product}; the first one I left on a train.",
    "I wasn't sure about the {product} at first.",
    "Ordered on Monday, there on Wednesday.",
    "I use the {product} for {activity}, nearly every weekend.",
    "First of all: I'm no expert.",
    "I read all the tests before I bought the {product}.",
    "A friend who knows a lot about {activity} told me to get the {product}.",
];

/// What is said by those who like it.
pub(super) const PRAISE: &[&str] = &[
    "It does exactly what it's made for & nothing else.",
    "The stitching is clean and nothing has come loose.",
    "It weighs less than it says on the label.",
    "I'd buy it again without thinking twice.",
    "It fits as if it had been made for me.",
    "Even in heavy rain nothing got through.",
    "For this price I haven't seen anything better.",
    "Everybody who tried mine has bought one since.",
    "The zip runs smoothly, with gloves on too.",
    "You can feel that someone thought about the details.",
    "It packs down to the size of a loaf of bread.",
    "After a wash it looked like new.",
    "The customer service answered within an hour and was friendly.",
    "I forget that I'm carrying it, and that's the best I can say.",
    "It's \"only\" a small thing, but it has changed my weekends.",
];

/// What is said by those who do not.
pub(super) const BLAME: &[&str] = &[
    "After three weeks a seam came open.",
    "It's heavier than the picture makes you believe.",
    "The zip got stuck on the first day & broke on the second.",
    "I'm still waiting for an answer to my complaint.",
    "It rubs at the edge, and I've got the blisters to prove it.",
    "In the rain it was wet through within ten minutes.",
    "For this price I'd expected a lot more.",
    "It smells of glue, even after a month on the balcony.",
    "The size chart can't be right: mine is two sizes too small.",
    "The colour rubs off on everything.",
    "The strap slips, whatever you do.",
    "I wouldn't take it anywhere where it matters.",
    "It's \"waterproof\" in the way that paper is.",
    "The instructions are in five languages & make sense in none.",
    "It went back the same week.",
];

/// What says nothing either way.
pub(super) const ASIDES: &[&str] = &[
    "The colour is a bit darker than in the picture.",
    "I'm 1.78 m tall and took size M.",
    "It comes in a cardboard box without any plastic.",
    "I can't say yet how long it'll last.",
    "There's a small pocket inside that I haven't found a use for.",
    "My brother has the older model, which is <b>almost</b> the same.",
    "I paid 10 % less because it was last year's.",
    "You should know what you want to use it for.",
    "We took it along on our holiday in the north.",
    "There may be better ones, there are certainly worse ones.",
];

/// Ways to end, from 1 to 10 stars in three groups.
pub(super) const CLOSINGS: [&[&str]; 3] = [
    &["Save your money.", "Never again.", "Two stars, because it looks nice.", "I've sent it back.", "What a pity!"],
    &["All in all it's OK.", "It's fine for beginners.", "I'll keep it, I think.", "Not bad & not great.", "So-so."],
    &[
        "I'm really happy with it!",
        "Clear recommendation.",
        "Best thing I've bought this year.",
        "Thank you!",
        "10/10.",
    ],
];

/// Whole reviews of a word or two, in the same three groups.
pub(super) const SHORT: [&[&str]; 3] = [
    &["Useless.", "Broke.", "Don't.", "Rubbish!", "very disappointed"],
    &["ok", "Fine.", "As described.", "it's alright", "Meh"],
    &["Excellent.", "Great!", "Love it", "Perfect, thanks", "Super!!"],
];
