SELECT full_name FROM collector	comic_shop
SELECT count(*) FROM publisher	comic_shop
SELECT full_name FROM collector WHERE neighborhood = 'Old Town'	comic_shop
SELECT full_name FROM collector WHERE loyalty >= 470	comic_shop
SELECT count(*) FROM collector WHERE neighborhood = 'Elm Park'	comic_shop
SELECT count(*) FROM comic WHERE pages > 50	comic_shop
SELECT avg(copies) FROM comic	comic_shop
SELECT max(loyalty) FROM collector	comic_shop
SELECT sum(revenue) FROM publisher	comic_shop
SELECT title, copies FROM comic	comic_shop
SELECT full_name, neighborhood, loyalty FROM collector	comic_shop
SELECT full_name, loyalty FROM collector WHERE neighborhood = 'Dockside'	comic_shop
SELECT name FROM publisher ORDER BY revenue DESC LIMIT 1	comic_shop
SELECT genre FROM comic ORDER BY copies DESC LIMIT 1	comic_shop
SELECT full_name FROM collector ORDER BY loyalty DESC LIMIT 3	comic_shop
SELECT genre, count(*) FROM comic GROUP BY genre	comic_shop
SELECT genre, avg(copies) FROM comic GROUP BY genre	comic_shop
SELECT neighborhood, min(loyalty) FROM collector GROUP BY neighborhood	comic_shop
SELECT name FROM publisher WHERE headquarters = 'Boston' AND revenue > 950000	comic_shop
SELECT count(*) FROM collector WHERE neighborhood = 'Old Town' AND loyalty < 470	comic_shop
SELECT title FROM comic WHERE genre = 'fantasy' OR genre = 'horror'	comic_shop
SELECT name FROM publisher WHERE name LIKE '%Moonbeam%'	comic_shop
SELECT title FROM comic WHERE copies > (SELECT avg(copies) FROM comic)	comic_shop
SELECT count(*) FROM comic WHERE pages > (SELECT avg(pages) FROM comic)	comic_shop
SELECT title FROM comic WHERE comic_id NOT IN (SELECT favorite_comic_id FROM collector)	comic_shop
SELECT title FROM comic WHERE comic_id NOT IN (SELECT favorite_comic_id FROM collector WHERE neighborhood = 'Old Town')	comic_shop
SELECT title FROM comic EXCEPT SELECT T1.title FROM comic AS T1 JOIN collector AS T2 ON T1.comic_id = T2.favorite_comic_id WHERE T2.loyalty >= 390	comic_shop
SELECT neighborhood FROM collector WHERE loyalty > 390 INTERSECT SELECT neighborhood FROM collector WHERE loyalty < 220	comic_shop
SELECT title FROM comic WHERE genre = 'superhero' UNION SELECT title FROM comic WHERE pages > 90	comic_shop
SELECT count(*) FROM comic WHERE comic_id NOT IN (SELECT favorite_comic_id FROM collector)	comic_shop
SELECT T1.name FROM publisher AS T1 JOIN comic AS T2 ON T1.publisher_id = T2.publisher_id GROUP BY T1.publisher_id ORDER BY count(*) DESC LIMIT 1	comic_shop
SELECT T1.name, count(*) FROM publisher AS T1 JOIN comic AS T2 ON T1.publisher_id = T2.publisher_id GROUP BY T1.publisher_id ORDER BY count(*) DESC LIMIT 1	comic_shop
SELECT T1.title FROM comic AS T1 JOIN publisher AS T2 ON T1.publisher_id = T2.publisher_id WHERE T2.name = 'Giant Squid' ORDER BY T1.copies DESC LIMIT 1	comic_shop
SELECT T1.full_name FROM collector AS T1 JOIN comic AS T2 ON T1.favorite_comic_id = T2.comic_id WHERE T2.genre = 'fantasy' ORDER BY T1.loyalty ASC LIMIT 1	comic_shop
SELECT DISTINCT theme FROM room	escape_rooms
SELECT count(DISTINCT mechanism) FROM puzzle	escape_rooms
SELECT squad_name FROM squad ORDER BY players ASC	escape_rooms
SELECT room_name FROM room ORDER BY room_name ASC	escape_rooms
SELECT success_rate FROM puzzle WHERE puzzle_name = 'Acid Bath'	escape_rooms
SELECT theme FROM room WHERE room_name = 'Bank Vault'	escape_rooms
SELECT puzzle_name FROM puzzle WHERE clues BETWEEN 5 AND 10	escape_rooms
SELECT mechanism FROM puzzle GROUP BY mechanism HAVING count(*) >= 3	escape_rooms
SELECT squad_name FROM squad	escape_rooms
SELECT puzzle_name FROM puzzle WHERE puzzle_name LIKE 'L%'	escape_rooms
SELECT min(ticket_price), max(ticket_price) FROM room	escape_rooms
SELECT count(*), avg(players) FROM squad WHERE occupation = 'teachers'	escape_rooms
SELECT occupation, count(*) FROM squad GROUP BY occupation HAVING count(*) > 3	escape_rooms
SELECT T1.puzzle_name FROM puzzle AS T1 JOIN room AS T2 ON T1.room_id = T2.room_id WHERE T2.room_name = 'Pirate Hold'	escape_rooms
SELECT count(*) FROM puzzle AS T1 JOIN room AS T2 ON T1.room_id = T2.room_id WHERE T2.room_name = 'Space Pod'	escape_rooms
SELECT T1.room_name FROM room AS T1 JOIN squad AS T2 ON T1.room_id = T2.room_id WHERE T2.squad_name = 'Riddle Kings'	escape_rooms
SELECT T1.puzzle_name FROM puzzle AS T1 JOIN room AS T2 ON T1.room_id = T2.room_id WHERE T2.theme = 'spooky'	escape_rooms
SELECT T1.squad_name FROM squad AS T1 JOIN room AS T2 ON T1.room_id = T2.room_id WHERE T2.ticket_price < 40	escape_rooms
SELECT count(*) FROM puzzle AS T1 JOIN room AS T2 ON T1.room_id = T2.room_id WHERE T2.theme = 'adventure'	escape_rooms
SELECT T1.squad_name, T2.room_name FROM squad AS T1 JOIN room AS T2 ON T1.room_id = T2.room_id	escape_rooms
SELECT T1.room_name, count(*) FROM room AS T1 JOIN squad AS T2 ON T1.room_id = T2.room_id GROUP BY T1.room_id	escape_rooms
SELECT T1.room_name FROM room AS T1 JOIN squad AS T2 ON T1.room_id = T2.room_id GROUP BY T1.room_id HAVING count(*) > 2	escape_rooms
SELECT occupation FROM squad EXCEPT SELECT occupation FROM squad WHERE players < 4	escape_rooms
SELECT mechanism FROM puzzle GROUP BY mechanism ORDER BY count(*) DESC LIMIT 1	escape_rooms
SELECT occupation FROM squad GROUP BY occupation ORDER BY avg(players) ASC LIMIT 1	escape_rooms
SELECT squad_name FROM squad WHERE occupation = 'teachers' ORDER BY players DESC LIMIT 1	escape_rooms
SELECT T1.room_name FROM room AS T1 JOIN puzzle AS T2 ON T1.room_id = T2.room_id ORDER BY T2.success_rate DESC LIMIT 1	escape_rooms
SELECT T1.room_name FROM room AS T1 JOIN squad AS T2 ON T1.room_id = T2.room_id WHERE T2.occupation = 'students' GROUP BY T1.room_id HAVING count(*) = 1	escape_rooms
SELECT room_name FROM room WHERE time_limit > (SELECT avg(time_limit) FROM room)	escape_rooms
SELECT T1.room_name FROM room AS T1 JOIN puzzle AS T2 ON T1.room_id = T2.room_id WHERE T2.mechanism = 'rotary' INTERSECT SELECT T1.room_name FROM room AS T1 JOIN puzzle AS T2 ON T1.room_id = T2.room_id WHERE T2.mechanism = 'optical'	escape_rooms
SELECT room_name FROM room WHERE theme = 'spooky' AND ticket_price < (SELECT avg(ticket_price) FROM room)	escape_rooms
SELECT T1.puzzle_name FROM puzzle AS T1 JOIN room AS T2 ON T1.room_id = T2.room_id WHERE T2.room_name = 'Mad Laboratory' AND T1.clues > (SELECT avg(clues) FROM puzzle)	escape_rooms
SELECT T1.room_name FROM room AS T1 JOIN squad AS T2 ON T1.room_id = T2.room_id GROUP BY T1.room_id ORDER BY avg(T2.players) DESC LIMIT 1	escape_rooms
SELECT count(*) FROM room WHERE room_id NOT IN (SELECT room_id FROM squad)	escape_rooms
SELECT count(*) FROM potter	pottery_studio
SELECT name FROM kiln WHERE fuel = 'wood'	pottery_studio
SELECT name FROM kiln WHERE max_temperature < 1300	pottery_studio
SELECT count(*) FROM kiln WHERE fuel = 'gas'	pottery_studio
SELECT count(*) FROM pot WHERE diameter < 35	pottery_studio
SELECT avg(asking_price) FROM pot	pottery_studio
SELECT max(apprenticed) FROM potter	pottery_studio
SELECT sum(shelves) FROM kiln	pottery_studio
SELECT DISTINCT technique FROM potter	pottery_studio
SELECT T1.name, avg(T2.diameter) FROM kiln AS T1 JOIN pot AS T2 ON T1.kiln_id = T2.kiln_id GROUP BY T1.kiln_id	pottery_studio
SELECT avg(T1.asking_price) FROM pot AS T1 JOIN potter AS T2 ON T1.potter_id = T2.potter_id WHERE T2.potter_name = 'Ingrid Moen'	pottery_studio
SELECT DISTINCT T1.name FROM kiln AS T1 JOIN pot AS T2 ON T1.kiln_id = T2.kiln_id WHERE T2.glaze = 'tenmoku'	pottery_studio
SELECT potter_name, apprenticed FROM potter	pottery_studio
SELECT potter_name, technique, apprenticed FROM potter	pottery_studio
SELECT title, diameter FROM pot WHERE glaze = 'celadon'	pottery_studio
SELECT potter_name FROM potter ORDER BY apprenticed ASC LIMIT 1	pottery_studio
SELECT fuel FROM kiln ORDER BY max_temperature DESC LIMIT 1	pottery_studio
SELECT potter_name FROM potter ORDER BY apprenticed ASC LIMIT 4	pottery_studio
SELECT technique, count(*) FROM potter GROUP BY technique	pottery_studio
SELECT glaze, avg(asking_price) FROM pot GROUP BY glaze	pottery_studio
SELECT technique, max(apprenticed) FROM potter GROUP BY technique	pottery_studio
SELECT potter_name FROM potter WHERE technique = 'throwing' AND apprenticed < 2010	pottery_studio
SELECT DISTINCT T1.potter_name FROM potter AS T1 JOIN pot AS T2 ON T1.potter_id = T2.potter_id JOIN kiln AS T3 ON T2.kiln_id = T3.kiln_id WHERE T3.name = 'Ember Queen'	pottery_studio
SELECT count(*) FROM pot WHERE asking_price < (SELECT avg(asking_price) FROM pot)	pottery_studio
SELECT name FROM kiln WHERE kiln_id NOT IN (SELECT kiln_id FROM pot)	pottery_studio
SELECT potter_name FROM potter WHERE potter_id NOT IN (SELECT potter_id FROM pot WHERE glaze = 'shino')	pottery_studio
SELECT name FROM kiln EXCEPT SELECT T1.name FROM kiln AS T1 JOIN pot AS T2 ON T1.kiln_id = T2.kiln_id WHERE T2.diameter < 30	pottery_studio
SELECT glaze FROM pot WHERE diameter > 25 INTERSECT SELECT glaze FROM pot WHERE diameter < 18	pottery_studio
SELECT potter_name FROM potter WHERE technique = 'raku' UNION SELECT potter_name FROM potter WHERE apprenticed < 2010	pottery_studio
SELECT T1.name FROM kiln AS T1 JOIN pot AS T2 ON T1.kiln_id = T2.kiln_id GROUP BY T1.kiln_id ORDER BY count(*) DESC LIMIT 1	pottery_studio
SELECT T1.name, count(*) FROM kiln AS T1 JOIN pot AS T2 ON T1.kiln_id = T2.kiln_id GROUP BY T1.kiln_id ORDER BY count(*) DESC LIMIT 1	pottery_studio
SELECT T1.title FROM pot AS T1 JOIN potter AS T2 ON T1.potter_id = T2.potter_id WHERE T2.potter_name = 'Hamish Clay' ORDER BY T1.diameter ASC LIMIT 1	pottery_studio
SELECT T1.title FROM pot AS T1 JOIN potter AS T2 ON T1.potter_id = T2.potter_id WHERE T2.technique = 'coiling' ORDER BY T1.diameter ASC LIMIT 1	pottery_studio
SELECT T1.name FROM kiln AS T1 JOIN pot AS T2 ON T1.kiln_id = T2.kiln_id WHERE T2.glaze = 'tenmoku' INTERSECT SELECT T1.name FROM kiln AS T1 JOIN pot AS T2 ON T1.kiln_id = T2.kiln_id WHERE T2.glaze = 'celadon'	pottery_studio
SELECT count(DISTINCT marking) FROM slope	ski_resort
SELECT name FROM resort ORDER BY lifts DESC	ski_resort
SELECT surname FROM instructor ORDER BY surname ASC	ski_resort
SELECT lifts FROM resort WHERE name = 'Eagle Pass'	ski_resort
SELECT marking FROM slope WHERE slope_name = 'Woodpecker'	ski_resort
SELECT slope_name FROM slope WHERE gradient BETWEEN 30 AND 65	ski_resort
SELECT discipline FROM instructor GROUP BY discipline HAVING count(*) = 2	ski_resort
SELECT surname FROM instructor	ski_resort
SELECT count(*) FROM instructor	ski_resort
SELECT count(*) FROM resort WHERE canton = 'Valais' AND lifts > 9	ski_resort
SELECT slope_name FROM slope WHERE marking = 'black' OR marking = 'blue'	ski_resort
SELECT name FROM resort WHERE name LIKE '%Silvermont%'	ski_resort
SELECT slope_name FROM slope WHERE slope_name LIKE 'C%'	ski_resort
SELECT min(lifts), max(lifts) FROM resort	ski_resort
SELECT count(*), avg(gradient) FROM slope WHERE marking = 'blue'	ski_resort
SELECT discipline, count(*) FROM instructor GROUP BY discipline HAVING count(*) > 2	ski_resort
SELECT T1.surname FROM instructor AS T1 JOIN resort AS T2 ON T1.resort_id = T2.resort_id WHERE T2.name = 'Eagle Pass'	ski_resort
SELECT count(*) FROM instructor AS T1 JOIN resort AS T2 ON T1.resort_id = T2.resort_id WHERE T2.name = 'Snowdale'	ski_resort
SELECT T1.name FROM resort AS T1 JOIN instructor AS T2 ON T1.resort_id = T2.resort_id WHERE T2.surname = 'Ammann'	ski_resort
SELECT T1.slope_name FROM slope AS T1 JOIN resort AS T2 ON T1.resort_id = T2.resort_id WHERE T2.canton = 'Valais'	ski_resort
SELECT T1.surname FROM instructor AS T1 JOIN resort AS T2 ON T1.resort_id = T2.resort_id WHERE T2.lifts < 14	ski_resort
SELECT count(*) FROM slope AS T1 JOIN resort AS T2 ON T1.resort_id = T2.resort_id WHERE T2.canton = 'Uri'	ski_resort
SELECT canton FROM resort EXCEPT SELECT canton FROM resort WHERE lifts < 14	ski_resort
SELECT canton FROM resort GROUP BY canton ORDER BY count(*) DESC LIMIT 1	ski_resort
SELECT canton FROM resort GROUP BY canton ORDER BY avg(lifts) ASC LIMIT 1	ski_resort
SELECT name FROM resort WHERE canton = 'Uri' ORDER BY snowfall DESC LIMIT 1	ski_resort
SELECT T1.name FROM resort AS T1 JOIN instructor AS T2 ON T1.resort_id = T2.resort_id ORDER BY T2.hourly_fee ASC LIMIT 1	ski_resort
SELECT T1.name FROM resort AS T1 JOIN slope AS T2 ON T1.resort_id = T2.resort_id WHERE T2.marking = 'black' GROUP BY T1.resort_id HAVING count(*) = 2	ski_resort
SELECT slope_name FROM slope WHERE gradient < (SELECT avg(gradient) FROM slope)	ski_resort
SELECT name FROM resort WHERE canton = 'Bern' AND lifts < (SELECT avg(lifts) FROM resort)	ski_resort
SELECT T1.surname FROM instructor AS T1 JOIN resort AS T2 ON T1.resort_id = T2.resort_id WHERE T2.name = 'Snowdale' AND T1.hourly_fee > (SELECT avg(hourly_fee) FROM instructor)	ski_resort
SELECT T1.name FROM resort AS T1 JOIN instructor AS T2 ON T1.resort_id = T2.resort_id GROUP BY T1.resort_id ORDER BY avg(T2.hourly_fee) ASC LIMIT 1	ski_resort
SELECT count(*) FROM resort WHERE resort_id NOT IN (SELECT resort_id FROM instructor)	ski_resort
SELECT T1.name FROM resort AS T1 JOIN instructor AS T2 ON T1.resort_id = T2.resort_id GROUP BY T1.resort_id ORDER BY count(*) DESC LIMIT 1	ski_resort
SELECT full_name FROM counselor WHERE craft = 'weaving'	summer_camp
SELECT cabin_name FROM cabin WHERE bunks > 12	summer_camp
SELECT count(*) FROM counselor WHERE craft = 'weaving'	summer_camp
SELECT count(*) FROM counselor WHERE summers > 6	summer_camp
SELECT avg(summers) FROM counselor	summer_camp
SELECT max(bunks) FROM cabin	summer_camp
SELECT sum(bunks) FROM cabin	summer_camp
SELECT DISTINCT craft FROM counselor	summer_camp
SELECT count(DISTINCT home_state) FROM camper	summer_camp
SELECT T1.nickname, T2.cabin_name FROM camper AS T1 JOIN cabin AS T2 ON T1.cabin_id = T2.cabin_id	summer_camp
SELECT T1.cabin_name, count(*) FROM cabin AS T1 JOIN counselor AS T2 ON T1.cabin_id = T2.cabin_id GROUP BY T1.cabin_id	summer_camp
SELECT T1.cabin_name FROM cabin AS T1 JOIN camper AS T2 ON T1.cabin_id = T2.cabin_id GROUP BY T1.cabin_id HAVING count(*) > 2	summer_camp
SELECT T1.cabin_name, avg(T2.badges) FROM cabin AS T1 JOIN camper AS T2 ON T1.cabin_id = T2.cabin_id GROUP BY T1.cabin_id	summer_camp
SELECT avg(T1.badges) FROM camper AS T1 JOIN cabin AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.cabin_name = 'Moose'	summer_camp
SELECT DISTINCT T1.cabin_name FROM cabin AS T1 JOIN camper AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.home_state = 'Utah'	summer_camp
SELECT nickname, age FROM camper	summer_camp
SELECT cabin_name, shore, bunks FROM cabin	summer_camp
SELECT cabin_name, bunks FROM cabin WHERE shore = 'east'	summer_camp
SELECT cabin_name FROM cabin ORDER BY bunks DESC LIMIT 1	summer_camp
SELECT shore FROM cabin ORDER BY bunks ASC LIMIT 1	summer_camp
SELECT cabin_name FROM cabin ORDER BY bunks ASC LIMIT 3	summer_camp
SELECT craft, count(*) FROM counselor GROUP BY craft	summer_camp
SELECT count(*) FROM camper WHERE age < (SELECT avg(age) FROM camper)	summer_camp
SELECT cabin_name FROM cabin WHERE cabin_id NOT IN (SELECT cabin_id FROM camper)	summer_camp
SELECT cabin_name FROM cabin WHERE cabin_id NOT IN (SELECT cabin_id FROM camper WHERE home_state = 'Utah')	summer_camp
SELECT cabin_name FROM cabin EXCEPT SELECT T1.cabin_name FROM cabin AS T1 JOIN counselor AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.summers > 3	summer_camp
SELECT craft FROM counselor WHERE summers > 5 INTERSECT SELECT craft FROM counselor WHERE summers < 3	summer_camp
SELECT cabin_name FROM cabin WHERE shore = 'south' UNION SELECT cabin_name FROM cabin WHERE bunks < 12	summer_camp
SELECT craft FROM counselor EXCEPT SELECT craft FROM counselor WHERE summers > 5	summer_camp
SELECT T1.cabin_name, count(*) FROM cabin AS T1 JOIN camper AS T2 ON T1.cabin_id = T2.cabin_id GROUP BY T1.cabin_id ORDER BY count(*) DESC LIMIT 1	summer_camp
SELECT T1.nickname FROM camper AS T1 JOIN cabin AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.cabin_name = 'Otter' ORDER BY T1.badges DESC LIMIT 1	summer_camp
SELECT T1.nickname FROM camper AS T1 JOIN cabin AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.shore = 'south' ORDER BY T1.age DESC LIMIT 1	summer_camp
SELECT T1.cabin_name FROM cabin AS T1 JOIN camper AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.home_state = 'Texas' INTERSECT SELECT T1.cabin_name FROM cabin AS T1 JOIN camper AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.home_state = 'Ohio'	summer_camp
SELECT cabin_name FROM cabin WHERE shore = 'south' AND bunks > (SELECT avg(bunks) FROM cabin)	summer_camp
SELECT name FROM plantation ORDER BY pickers DESC	tea_house
SELECT name FROM plantation ORDER BY name ASC	tea_house
SELECT pickers FROM plantation WHERE name = 'Dragon Terrace'	tea_house
SELECT variety FROM tea WHERE tea_name = 'Smoky Pine'	tea_house
SELECT name FROM plantation WHERE elevation BETWEEN 540 AND 1600	tea_house
SELECT sommelier FROM tasting GROUP BY sommelier HAVING count(*) = 2	tea_house
SELECT tea_name FROM tea	tea_house
SELECT count(*) FROM tasting	tea_house
SELECT tea_name FROM tea WHERE variety = 'green'	tea_house
SELECT province, avg(elevation) FROM plantation GROUP BY province	tea_house
SELECT sommelier, min(stars) FROM tasting GROUP BY sommelier	tea_house
SELECT tea_name FROM tea WHERE variety = 'green' AND cost < 20	tea_house
SELECT count(*) FROM tasting WHERE sommelier = 'Priya Menon' AND stars < 9	tea_house
SELECT name FROM plantation WHERE province = 'Yunnan' OR province = 'Zhejiang'	tea_house
SELECT tea_name FROM tea WHERE tea_name LIKE '%Peony%'	tea_house
SELECT tea_name FROM tea WHERE tea_name LIKE 'R%'	tea_house
SELECT min(steeping_time), max(steeping_time) FROM tea	tea_house
SELECT count(*), avg(stars) FROM tasting WHERE aroma = 'floral'	tea_house
SELECT province, count(*) FROM plantation GROUP BY province HAVING count(*) = 2	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN plantation AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.name = 'Misty Hill'	tea_house
SELECT count(*) FROM tasting AS T1 JOIN tea AS T2 ON T1.tea_id = T2.tea_id WHERE T2.tea_name = 'Moonlight'	tea_house
SELECT T1.name FROM plantation AS T1 JOIN tea AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.tea_name = 'Jade Needle'	tea_house
SELECT count(*) FROM tasting AS T1 JOIN tea AS T2 ON T1.tea_id = T2.tea_id JOIN plantation AS T3 ON T2.plantation_id = T3.plantation_id WHERE T3.name = 'Old Monastery'	tea_house
SELECT province FROM plantation GROUP BY province ORDER BY count(*) DESC LIMIT 1	tea_house
SELECT aroma FROM tasting GROUP BY aroma ORDER BY avg(stars) ASC LIMIT 1	tea_house
SELECT tea_name FROM tea WHERE variety = 'green' ORDER BY cost ASC LIMIT 1	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN tasting AS T2 ON T1.tea_id = T2.tea_id ORDER BY T2.stars DESC LIMIT 1	tea_house
SELECT T1.name FROM plantation AS T1 JOIN tea AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.variety = 'green' GROUP BY T1.plantation_id HAVING count(*) >= 2	tea_house
SELECT tea_name FROM tea WHERE cost < (SELECT avg(cost) FROM tea)	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN plantation AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.name = 'Misty Hill' AND T1.cost > (SELECT avg(cost) FROM tea)	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN tasting AS T2 ON T1.tea_id = T2.tea_id GROUP BY T1.tea_id ORDER BY avg(T2.stars) DESC LIMIT 1	tea_house
SELECT count(*) FROM tea WHERE tea_id NOT IN (SELECT tea_id FROM tasting)	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN tasting AS T2 ON T1.tea_id = T2.tea_id GROUP BY T1.tea_id ORDER BY count(*) DESC LIMIT 1	tea_house
SELECT T1.tea_name, count(*) FROM tea AS T1 JOIN tasting AS T2 ON T1.tea_id = T2.tea_id GROUP BY T1.tea_id ORDER BY count(*) DESC LIMIT 1	tea_house
