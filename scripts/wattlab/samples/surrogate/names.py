"""Invented names for surrogate text: common first names, family names, real places and made-up organisations."""

FIRST_NAMES = (
    "Ada Albert Alice Amara Anna Anton Beatrice Bernard Carla Carlos Chen Clara Daniel David Diego Edith Elena Emil "
    "Fatima Felix Frida George Grace Hana Hassan Helen Henry Ibrahim Ida Ingrid Isaac Ivan James Jonas Julia Karin "
    "Kenji Laura Leo Lina Louis Lucia Maria Martin Maya Mei Miguel Mira Nadia Nora Olga Oscar Paul Pedro Priya Rosa "
    "Ruth Samuel Sara Sofia Tariq Thomas Vera Victor Wei Yusuf Zoe"
).split()

FAMILY_NAMES = (
    "Abbott Alvarez Andersson Baker Bauer Becker Bennett Brandt Carter Castillo Cohen Dubois Edwards Fischer Foster "
    "Garcia Goldberg Hansen Hoffmann Hughes Ivanov Jensen Johansson Kaplan Keller Khan Kowalski Kumar Lambert Larsen "
    "Lindqvist Marino Mbeki Mendoza Meyer Moreau Morgan Nakamura Novak Okafor Olsen Ortega Patel Petrov Quinn Reyes "
    "Richter Romano Rossi Sanders Schneider Sharma Silva Simmons Suzuki Takahashi Thompson Tran Vasquez Wagner Walker "
    "Weber Whitfield Yamamoto Zhang"
).split()

PLACES = (
    "Amsterdam Ankara Athens Auckland Baltimore Bangkok Barcelona Belgrade Berlin Bogota Boston Bremen Brisbane Budapest "
    "Cairo Calgary Chicago Copenhagen Dakar Delhi Denver Dublin Edinburgh Florence Geneva Glasgow Hamburg Hanoi Havana "
    "Helsinki Istanbul Jakarta Kyoto Lagos Lima Lisbon London Lyon Madrid Manila Melbourne Milan Montreal Nairobi "
    "Norway Osaka Oslo Ottawa Portugal Prague Quito Rome Seattle Seville Sweden Sydney Tunis Turin Vienna Warsaw Zurich"
).split()

ORGANISATIONS = (
    "Aldermont Brightwater Calverton Deltacom Eastgate Fairhaven Glenrock Harborview Interlake Juniper Kestrel Lakeshore "
    "Meridian Northfield Oakridge Parkway Quantum Riverside Silverline Stonebridge Tidewater Unison Valmont Westbrook "
    "Yellowstone Zenith"
).split()

ORGANISATION_KINDS = "Bank College Council Group Institute League Museum Press Rovers Trust United University".split()

DEMONYMS = (
    "American Australian Brazilian British Canadian Dutch Egyptian European French German Indian Italian Japanese Kenyan "
    "Korean Mexican Norwegian Polish Spanish Swedish Turkish"
).split()
