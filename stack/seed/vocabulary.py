"""The words that generated rows are made of."""

import numpy as np

FIRST_NAMES = [
    "Ada",
    "Amara",
    "Beatriz",
    "Chidi",
    "Elena",
    "Freya",
    "Ibrahim",
    "Kofi",
    "Leila",
    "Mateo",
    "Priya",
    "Uma",
]
LAST_NAMES = ["Abara", "Bauer", "Castro", "Chen", "Dubois", "Haddad", "Ivanov", "Kaur", "Kim", "Okafor", "Silva"]
UNICODE_NAMES = ["محمد العلي", "יעל כהן", "Zoë 🎉 Müller", "山田 太郎 🏦"]
STREETS = ["Alder Lane", "Birch Street", "Canal Road", "Dock Street", "Elm Avenue", "Foundry Way", "Garden Close"]
UNICODE_MERCHANTS = ["مقهى النيل", "☕ Café Zoë", "קפה תל אביב", "寿司 🍣"]
UNICODE_CITIES = ["القاهرة", "תל אביב", "São Paulo 🌴", "東京"]
MERCHANTS = [
    "Blue Harbor Books",
    "Cedar Grocery",
    "Copper Kettle",
    "Delta Fuel",
    "Evergreen Pharmacy",
    "Fable Toys",
    "Granite Hardware",
    "Halcyon Travel",
    "Iris Fashion",
    "Juniper Cafe",
    "Kite Electronics",
    "Lumen Energy",
]
CATEGORIES = ["BOOKS", "GROC", "DINE", "FUEL", "HLTH", "TOYS", "HOME", "TRVL", "FASH", "DINE", "ELEC", "UTIL"]
CITIES = ["New York", "London", "Berlin", "Paris", "Madrid", "Tokyo", "Sydney", "Toronto", "Nairobi", "Bogota"]
COUNTRIES = ["US", "GB", "DE", "FR", "ES", "JP", "AU", "CA", "KE", "CO"]
LATITUDES = np.array([40.71, 51.51, 52.52, 48.86, 40.42, 35.68, -33.87, 43.65, -1.29, 4.71])
LONGITUDES = np.array([-74.01, -0.13, 13.41, 2.35, -3.70, 139.69, 151.21, -79.38, 36.82, -74.07])
CURRENCIES = ["USD", "EUR", "GBP", "JPY"]
DEVICES = ["phone", "tablet", "desktop", "terminal"]
OPERATING_SYSTEMS = ["android", "ios", "windows", "linux"]
RISK_FLAGS = ["velocity", "new_device", "foreign_country"]


def pick(random: np.random.Generator, words: list[str], count: int, shares: list[float] | None = None) -> np.ndarray:
    """`count` of the words at random, as an object array; `shares` are their probabilities."""
    return np.array(words, dtype=object)[random.choice(len(words), size=count, p=shares)]
