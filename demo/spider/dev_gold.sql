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
SELECT room_name FROM room WHERE ticket_price < (SELECT avg(ticket_price) FROM room)	escape_rooms
SELECT T1.room_name FROM room AS T1 JOIN puzzle AS T2 ON T1.room_id = T2.room_id WHERE T2.mechanism = 'rotary' INTERSECT SELECT T1.room_name FROM room AS T1 JOIN puzzle AS T2 ON T1.room_id = T2.room_id WHERE T2.mechanism = 'optical'	escape_rooms
SELECT puzzle_name FROM puzzle WHERE mechanism = 'optical' AND clues > (SELECT avg(clues) FROM puzzle)	escape_rooms
SELECT T1.puzzle_name FROM puzzle AS T1 JOIN room AS T2 ON T1.room_id = T2.room_id WHERE T2.room_name = 'Mad Laboratory' AND T1.clues > (SELECT avg(clues) FROM puzzle)	escape_rooms
SELECT T1.room_name FROM room AS T1 JOIN puzzle AS T2 ON T1.room_id = T2.room_id GROUP BY T1.room_id ORDER BY avg(T2.clues) ASC LIMIT 1	escape_rooms
SELECT count(*) FROM room WHERE room_id NOT IN (SELECT room_id FROM squad)	escape_rooms
SELECT count(*) FROM kiln	pottery_studio
SELECT potter_name FROM potter WHERE technique = 'coiling'	pottery_studio
SELECT potter_name FROM potter WHERE apprenticed < 2000	pottery_studio
SELECT count(*) FROM kiln WHERE fuel = 'electric'	pottery_studio
SELECT count(*) FROM potter WHERE apprenticed > 2015	pottery_studio
SELECT avg(max_temperature) FROM kiln	pottery_studio
SELECT min(apprenticed) FROM potter	pottery_studio
SELECT sum(shelves) FROM kiln	pottery_studio
SELECT DISTINCT technique FROM potter	pottery_studio
SELECT T1.potter_name, avg(T2.diameter) FROM potter AS T1 JOIN pot AS T2 ON T1.potter_id = T2.potter_id GROUP BY T1.potter_id	pottery_studio
SELECT avg(T1.asking_price) FROM pot AS T1 JOIN kiln AS T2 ON T1.kiln_id = T2.kiln_id WHERE T2.name = 'Bertha'	pottery_studio
SELECT DISTINCT T1.potter_name FROM potter AS T1 JOIN pot AS T2 ON T1.potter_id = T2.potter_id WHERE T2.glaze = 'tenmoku'	pottery_studio
SELECT name, max_temperature FROM kiln	pottery_studio
SELECT potter_name, technique, apprenticed FROM potter	pottery_studio
SELECT name, max_temperature FROM kiln WHERE fuel = 'electric'	pottery_studio
SELECT title FROM pot ORDER BY diameter DESC LIMIT 1	pottery_studio
SELECT fuel FROM kiln ORDER BY shelves DESC LIMIT 1	pottery_studio
SELECT potter_name FROM potter ORDER BY apprenticed DESC LIMIT 2	pottery_studio
SELECT technique, count(*) FROM potter GROUP BY technique	pottery_studio
SELECT fuel, avg(max_temperature) FROM kiln GROUP BY fuel	pottery_studio
SELECT technique, max(apprenticed) FROM potter GROUP BY technique	pottery_studio
SELECT title FROM pot WHERE glaze = 'celadon' AND diameter < 25	pottery_studio
SELECT DISTINCT T1.potter_name FROM potter AS T1 JOIN pot AS T2 ON T1.potter_id = T2.potter_id JOIN kiln AS T3 ON T2.kiln_id = T3.kiln_id WHERE T3.name = 'Ember Queen'	pottery_studio
SELECT count(*) FROM kiln WHERE shelves < (SELECT avg(shelves) FROM kiln)	pottery_studio
SELECT name FROM kiln WHERE kiln_id NOT IN (SELECT kiln_id FROM pot)	pottery_studio
SELECT potter_name FROM potter WHERE potter_id NOT IN (SELECT potter_id FROM pot WHERE glaze = 'cobalt')	pottery_studio
SELECT name FROM kiln EXCEPT SELECT T1.name FROM kiln AS T1 JOIN pot AS T2 ON T1.kiln_id = T2.kiln_id WHERE T2.diameter < 16	pottery_studio
SELECT technique FROM potter WHERE apprenticed > 2010 INTERSECT SELECT technique FROM potter WHERE apprenticed < 2000	pottery_studio
SELECT potter_name FROM potter WHERE technique = 'coiling' UNION SELECT potter_name FROM potter WHERE apprenticed > 2010	pottery_studio
SELECT T1.potter_name FROM potter AS T1 JOIN pot AS T2 ON T1.potter_id = T2.potter_id GROUP BY T1.potter_id ORDER BY count(*) DESC LIMIT 1	pottery_studio
SELECT T1.potter_name, count(*) FROM potter AS T1 JOIN pot AS T2 ON T1.potter_id = T2.potter_id GROUP BY T1.potter_id ORDER BY count(*) DESC LIMIT 1	pottery_studio
SELECT T1.title FROM pot AS T1 JOIN kiln AS T2 ON T1.kiln_id = T2.kiln_id WHERE T2.name = 'Vesuvius' ORDER BY T1.asking_price ASC LIMIT 1	pottery_studio
SELECT T1.title FROM pot AS T1 JOIN kiln AS T2 ON T1.kiln_id = T2.kiln_id WHERE T2.fuel = 'electric' ORDER BY T1.asking_price DESC LIMIT 1	pottery_studio
SELECT T1.name FROM kiln AS T1 JOIN pot AS T2 ON T1.kiln_id = T2.kiln_id WHERE T2.glaze = 'shino' INTERSECT SELECT T1.name FROM kiln AS T1 JOIN pot AS T2 ON T1.kiln_id = T2.kiln_id WHERE T2.glaze = 'oxblood'	pottery_studio
SELECT count(DISTINCT marking) FROM slope	ski_resort
SELECT surname FROM instructor ORDER BY hourly_fee DESC	ski_resort
SELECT slope_name FROM slope ORDER BY slope_name ASC	ski_resort
SELECT lifts FROM resort WHERE name = 'Hochwald'	ski_resort
SELECT discipline FROM instructor WHERE surname = 'Gisler'	ski_resort
SELECT slope_name FROM slope WHERE gradient BETWEEN 12 AND 65	ski_resort
SELECT canton FROM resort GROUP BY canton HAVING count(*) > 2	ski_resort
SELECT name FROM resort	ski_resort
SELECT count(*) FROM instructor	ski_resort
SELECT count(*) FROM slope WHERE marking = 'red' AND length < 2400	ski_resort
SELECT name FROM resort WHERE canton = 'Uri' OR canton = 'Valais'	ski_resort
SELECT surname FROM instructor WHERE surname LIKE '%Egli%'	ski_resort
SELECT slope_name FROM slope WHERE slope_name LIKE 'B%'	ski_resort
SELECT min(gradient), max(gradient) FROM slope	ski_resort
SELECT count(*), avg(snowfall) FROM resort WHERE canton = 'Valais'	ski_resort
SELECT discipline, count(*) FROM instructor GROUP BY discipline HAVING count(*) = 2	ski_resort
SELECT T1.slope_name FROM slope AS T1 JOIN resort AS T2 ON T1.resort_id = T2.resort_id WHERE T2.name = 'Hochwald'	ski_resort
SELECT count(*) FROM slope AS T1 JOIN resort AS T2 ON T1.resort_id = T2.resort_id WHERE T2.name = 'Silvermont'	ski_resort
SELECT T1.name FROM resort AS T1 JOIN slope AS T2 ON T1.resort_id = T2.resort_id WHERE T2.slope_name = 'Thunderbolt'	ski_resort
SELECT T1.slope_name FROM slope AS T1 JOIN resort AS T2 ON T1.resort_id = T2.resort_id WHERE T2.canton = 'Uri'	ski_resort
SELECT T1.slope_name FROM slope AS T1 JOIN resort AS T2 ON T1.resort_id = T2.resort_id WHERE T2.snowfall < 340	ski_resort
SELECT count(*) FROM slope AS T1 JOIN resort AS T2 ON T1.resort_id = T2.resort_id WHERE T2.canton = 'Uri'	ski_resort
SELECT discipline FROM instructor EXCEPT SELECT discipline FROM instructor WHERE hourly_fee < 55	ski_resort
SELECT canton FROM resort GROUP BY canton ORDER BY count(*) DESC LIMIT 1	ski_resort
SELECT canton FROM resort GROUP BY canton ORDER BY avg(lifts) DESC LIMIT 1	ski_resort
SELECT slope_name FROM slope WHERE marking = 'blue' ORDER BY length DESC LIMIT 1	ski_resort
SELECT T1.name FROM resort AS T1 JOIN slope AS T2 ON T1.resort_id = T2.resort_id ORDER BY T2.length DESC LIMIT 1	ski_resort
SELECT T1.name FROM resort AS T1 JOIN slope AS T2 ON T1.resort_id = T2.resort_id WHERE T2.marking = 'red' GROUP BY T1.resort_id HAVING count(*) > 1	ski_resort
SELECT slope_name FROM slope WHERE gradient < (SELECT avg(gradient) FROM slope)	ski_resort
SELECT surname FROM instructor WHERE discipline = 'telemark' AND hourly_fee > (SELECT avg(hourly_fee) FROM instructor)	ski_resort
SELECT T1.slope_name FROM slope AS T1 JOIN resort AS T2 ON T1.resort_id = T2.resort_id WHERE T2.name = 'Silvermont' AND T1.gradient < (SELECT avg(gradient) FROM slope)	ski_resort
SELECT T1.name FROM resort AS T1 JOIN slope AS T2 ON T1.resort_id = T2.resort_id GROUP BY T1.resort_id ORDER BY avg(T2.length) ASC LIMIT 1	ski_resort
SELECT count(*) FROM resort WHERE resort_id NOT IN (SELECT resort_id FROM instructor)	ski_resort
SELECT T1.name FROM resort AS T1 JOIN instructor AS T2 ON T1.resort_id = T2.resort_id GROUP BY T1.resort_id ORDER BY count(*) DESC LIMIT 1	ski_resort
SELECT full_name FROM counselor WHERE craft = 'archery'	summer_camp
SELECT nickname FROM camper WHERE badges < 3	summer_camp
SELECT count(*) FROM cabin WHERE shore = 'south'	summer_camp
SELECT count(*) FROM cabin WHERE bunks >= 12	summer_camp
SELECT avg(summers) FROM counselor	summer_camp
SELECT min(bunks) FROM cabin	summer_camp
SELECT sum(bunks) FROM cabin	summer_camp
SELECT DISTINCT home_state FROM camper	summer_camp
SELECT count(DISTINCT shore) FROM cabin	summer_camp
SELECT T1.full_name, T2.cabin_name FROM counselor AS T1 JOIN cabin AS T2 ON T1.cabin_id = T2.cabin_id	summer_camp
SELECT T1.cabin_name, count(*) FROM cabin AS T1 JOIN counselor AS T2 ON T1.cabin_id = T2.cabin_id GROUP BY T1.cabin_id	summer_camp
SELECT T1.cabin_name FROM cabin AS T1 JOIN counselor AS T2 ON T1.cabin_id = T2.cabin_id GROUP BY T1.cabin_id HAVING count(*) >= 3	summer_camp
SELECT T1.cabin_name, avg(T2.age) FROM cabin AS T1 JOIN camper AS T2 ON T1.cabin_id = T2.cabin_id GROUP BY T1.cabin_id	summer_camp
SELECT avg(T1.summers) FROM counselor AS T1 JOIN cabin AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.cabin_name = 'Otter'	summer_camp
SELECT DISTINCT T1.cabin_name FROM cabin AS T1 JOIN counselor AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.craft = 'pottery'	summer_camp
SELECT nickname, age FROM camper	summer_camp
SELECT cabin_name, shore, bunks FROM cabin	summer_camp
SELECT nickname, age FROM camper WHERE home_state = 'Texas'	summer_camp
SELECT nickname FROM camper ORDER BY badges ASC LIMIT 1	summer_camp
SELECT shore FROM cabin ORDER BY bunks DESC LIMIT 1	summer_camp
SELECT cabin_name FROM cabin ORDER BY bunks ASC LIMIT 3	summer_camp
SELECT shore, count(*) FROM cabin GROUP BY shore	summer_camp
SELECT count(*) FROM camper WHERE badges > (SELECT avg(badges) FROM camper)	summer_camp
SELECT cabin_name FROM cabin WHERE cabin_id NOT IN (SELECT cabin_id FROM camper)	summer_camp
SELECT cabin_name FROM cabin WHERE cabin_id NOT IN (SELECT cabin_id FROM camper WHERE home_state = 'Ohio')	summer_camp
SELECT cabin_name FROM cabin EXCEPT SELECT T1.cabin_name FROM cabin AS T1 JOIN camper AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.badges < 2	summer_camp
SELECT shore FROM cabin WHERE bunks > 10 INTERSECT SELECT shore FROM cabin WHERE bunks < 8	summer_camp
SELECT nickname FROM camper WHERE home_state = 'Utah' UNION SELECT nickname FROM camper WHERE age > 9	summer_camp
SELECT home_state FROM camper EXCEPT SELECT home_state FROM camper WHERE age > 13	summer_camp
SELECT T1.cabin_name, count(*) FROM cabin AS T1 JOIN counselor AS T2 ON T1.cabin_id = T2.cabin_id GROUP BY T1.cabin_id ORDER BY count(*) DESC LIMIT 1	summer_camp
SELECT T1.full_name FROM counselor AS T1 JOIN cabin AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.cabin_name = 'Moose' ORDER BY T1.summers DESC LIMIT 1	summer_camp
SELECT T1.full_name FROM counselor AS T1 JOIN cabin AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.shore = 'south' ORDER BY T1.summers DESC LIMIT 1	summer_camp
SELECT T1.cabin_name FROM cabin AS T1 JOIN camper AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.home_state = 'Texas' INTERSECT SELECT T1.cabin_name FROM cabin AS T1 JOIN camper AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.home_state = 'Ohio'	summer_camp
SELECT nickname FROM camper WHERE home_state = 'Texas' AND age > (SELECT avg(age) FROM camper)	summer_camp
SELECT tea_name FROM tea ORDER BY cost DESC	tea_house
SELECT tea_name FROM tea ORDER BY tea_name ASC	tea_house
SELECT steeping_time FROM tea WHERE tea_name = 'Golden Monkey'	tea_house
SELECT province FROM plantation WHERE name = 'Old Monastery'	tea_house
SELECT name FROM plantation WHERE elevation BETWEEN 540 AND 1800	tea_house
SELECT aroma FROM tasting GROUP BY aroma HAVING count(*) = 2	tea_house
SELECT tea_name FROM tea	tea_house
SELECT count(*) FROM tea	tea_house
SELECT tea_name FROM tea WHERE variety = 'white'	tea_house
SELECT variety, avg(cost) FROM tea GROUP BY variety	tea_house
SELECT variety, min(cost) FROM tea GROUP BY variety	tea_house
SELECT name FROM plantation WHERE province = 'Zhejiang' AND pickers < 65	tea_house
SELECT count(*) FROM tasting WHERE sommelier = 'Madame Wu' AND stars >= 8	tea_house
SELECT name FROM plantation WHERE province = 'Fujian' OR province = 'Yunnan'	tea_house
SELECT name FROM plantation WHERE name LIKE '%Phoenix%'	tea_house
SELECT name FROM plantation WHERE name LIKE 'P%'	tea_house
SELECT min(stars), max(stars) FROM tasting	tea_house
SELECT count(*), avg(pickers) FROM plantation WHERE province = 'Fujian'	tea_house
SELECT sommelier, count(*) FROM tasting GROUP BY sommelier HAVING count(*) > 3	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN plantation AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.name = 'Crane Lake'	tea_house
SELECT count(*) FROM tea AS T1 JOIN plantation AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.name = 'Silver Cloud'	tea_house
SELECT T1.name FROM plantation AS T1 JOIN tea AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.tea_name = 'Jade Needle'	tea_house
SELECT count(*) FROM tasting AS T1 JOIN tea AS T2 ON T1.tea_id = T2.tea_id JOIN plantation AS T3 ON T2.plantation_id = T3.plantation_id WHERE T3.name = 'Crane Lake'	tea_house
SELECT variety FROM tea GROUP BY variety ORDER BY count(*) DESC LIMIT 1	tea_house
SELECT aroma FROM tasting GROUP BY aroma ORDER BY avg(stars) DESC LIMIT 1	tea_house
SELECT name FROM plantation WHERE province = 'Yunnan' ORDER BY elevation ASC LIMIT 1	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN tasting AS T2 ON T1.tea_id = T2.tea_id ORDER BY T2.stars DESC LIMIT 1	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN tasting AS T2 ON T1.tea_id = T2.tea_id WHERE T2.aroma = 'grassy' GROUP BY T1.tea_id HAVING count(*) = 1	tea_house
SELECT tea_name FROM tea WHERE steeping_time > (SELECT avg(steeping_time) FROM tea)	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN plantation AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.name = 'Bamboo Gate' AND T1.cost > (SELECT avg(cost) FROM tea)	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN tasting AS T2 ON T1.tea_id = T2.tea_id GROUP BY T1.tea_id ORDER BY avg(T2.stars) DESC LIMIT 1	tea_house
SELECT count(*) FROM plantation WHERE plantation_id NOT IN (SELECT plantation_id FROM tea)	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN tasting AS T2 ON T1.tea_id = T2.tea_id GROUP BY T1.tea_id ORDER BY count(*) DESC LIMIT 1	tea_house
SELECT T1.name, count(*) FROM plantation AS T1 JOIN tea AS T2 ON T1.plantation_id = T2.plantation_id GROUP BY T1.plantation_id ORDER BY count(*) DESC LIMIT 1	tea_house
