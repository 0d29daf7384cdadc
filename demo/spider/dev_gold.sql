SELECT balloon_name FROM balloon	balloon_rides
SELECT balloon_name FROM balloon	balloon_rides
SELECT count(*) FROM flight	balloon_rides
SELECT balloon_name FROM balloon WHERE pattern = 'plain'	balloon_rides
SELECT pilot_name FROM pilot WHERE flying_hours < 780	balloon_rides
SELECT balloon_name, altitude_record FROM balloon	balloon_rides
SELECT balloon_name, altitude_record FROM balloon	balloon_rides
SELECT pilot_name, certificate, flying_hours FROM pilot	balloon_rides
SELECT balloon_name, altitude_record FROM balloon WHERE pattern = 'striped'	balloon_rides
SELECT pilot_name FROM pilot ORDER BY flying_hours DESC LIMIT 1	balloon_rides
SELECT wind FROM flight ORDER BY distance ASC LIMIT 1	balloon_rides
SELECT pilot_name FROM pilot ORDER BY flying_hours ASC LIMIT 2	balloon_rides
SELECT pattern, count(*) FROM balloon GROUP BY pattern	balloon_rides
SELECT pilot_name FROM pilot WHERE flying_hours > (SELECT avg(flying_hours) FROM pilot)	balloon_rides
SELECT pilot_name FROM pilot WHERE flying_hours > (SELECT avg(flying_hours) FROM pilot)	balloon_rides
SELECT count(*) FROM balloon WHERE altitude_record > (SELECT avg(altitude_record) FROM balloon)	balloon_rides
SELECT balloon_name FROM balloon WHERE balloon_id NOT IN (SELECT balloon_id FROM pilot)	balloon_rides
SELECT count(*) FROM balloon WHERE balloon_id NOT IN (SELECT balloon_id FROM flight)	balloon_rides
SELECT count(*) FROM balloon WHERE balloon_id NOT IN (SELECT balloon_id FROM flight)	balloon_rides
SELECT T1.balloon_name FROM balloon AS T1 JOIN flight AS T2 ON T1.balloon_id = T2.balloon_id GROUP BY T1.balloon_id ORDER BY count(*) DESC LIMIT 1	balloon_rides
SELECT count(*) FROM greenhouse WHERE climate = 'temperate'	botanical_garden
SELECT count(*) FROM greenhouse WHERE climate = 'temperate'	botanical_garden
SELECT count(*) FROM gardener WHERE service < 17	botanical_garden
SELECT avg(service) FROM gardener	botanical_garden
SELECT max(height) FROM plant	botanical_garden
SELECT bloom, avg(height) FROM plant GROUP BY bloom	botanical_garden
SELECT bloom, avg(height) FROM plant GROUP BY bloom	botanical_garden
SELECT continent, max(height) FROM plant GROUP BY continent	botanical_garden
SELECT common_name FROM plant WHERE bloom = 'yellow' AND height >= 320	botanical_garden
SELECT count(*) FROM gardener WHERE duty = 'watering' AND service >= 14	botanical_garden
SELECT common_name FROM plant WHERE bloom = 'yellow' OR bloom = 'blue'	botanical_garden
SELECT greenhouse_name FROM greenhouse WHERE greenhouse_name LIKE '%Fern%'	botanical_garden
SELECT full_name FROM gardener WHERE full_name LIKE 'E%'	botanical_garden
SELECT greenhouse_name FROM greenhouse WHERE greenhouse_id NOT IN (SELECT greenhouse_id FROM gardener WHERE duty = 'pruning')	botanical_garden
SELECT greenhouse_name FROM greenhouse WHERE greenhouse_id NOT IN (SELECT greenhouse_id FROM gardener WHERE duty = 'pruning')	botanical_garden
SELECT greenhouse_name FROM greenhouse EXCEPT SELECT T1.greenhouse_name FROM greenhouse AS T1 JOIN gardener AS T2 ON T1.greenhouse_id = T2.greenhouse_id WHERE T2.service < 6	botanical_garden
SELECT bloom FROM plant WHERE height > 210 INTERSECT SELECT bloom FROM plant WHERE height < 40	botanical_garden
SELECT T1.greenhouse_name, count(*) FROM greenhouse AS T1 JOIN gardener AS T2 ON T1.greenhouse_id = T2.greenhouse_id GROUP BY T1.greenhouse_id ORDER BY count(*) DESC LIMIT 1	botanical_garden
SELECT T1.greenhouse_name, count(*) FROM greenhouse AS T1 JOIN gardener AS T2 ON T1.greenhouse_id = T2.greenhouse_id GROUP BY T1.greenhouse_id ORDER BY count(*) DESC LIMIT 1	botanical_garden
SELECT T1.full_name FROM gardener AS T1 JOIN greenhouse AS T2 ON T1.greenhouse_id = T2.greenhouse_id WHERE T2.greenhouse_name = 'Orchid' ORDER BY T1.service ASC LIMIT 1	botanical_garden
SELECT DISTINCT milk FROM cheese	cheese_dairy
SELECT DISTINCT milk FROM cheese	cheese_dairy
SELECT sum(cows) FROM dairy	cheese_dairy
SELECT count(DISTINCT county) FROM dairy	cheese_dairy
SELECT dairy_name FROM dairy ORDER BY cows DESC	cheese_dairy
SELECT min(registered), max(registered) FROM dairy	cheese_dairy
SELECT min(registered), max(registered) FROM dairy	cheese_dairy
SELECT count(*), avg(fat) FROM cheese WHERE milk = 'cow'	cheese_dairy
SELECT milk, count(*) FROM cheese GROUP BY milk HAVING count(*) > 3	cheese_dairy
SELECT T1.cheese_name FROM cheese AS T1 JOIN dairy AS T2 ON T1.dairy_id = T2.dairy_id WHERE T2.dairy_name = 'Clover Hill'	cheese_dairy
SELECT count(*) FROM entry AS T1 JOIN cheese AS T2 ON T1.cheese_id = T2.cheese_id WHERE T2.cheese_name = 'Golden Wheel'	cheese_dairy
SELECT T1.dairy_name FROM dairy AS T1 JOIN cheese AS T2 ON T1.dairy_id = T2.dairy_id WHERE T2.cheese_name = 'Goat Button'	cheese_dairy
SELECT T1.cheese_name FROM cheese AS T1 JOIN dairy AS T2 ON T1.dairy_id = T2.dairy_id WHERE T2.county = 'Kerry'	cheese_dairy
SELECT dairy_name FROM dairy WHERE county = 'Devon' UNION SELECT dairy_name FROM dairy WHERE cows > 45	cheese_dairy
SELECT dairy_name FROM dairy WHERE county = 'Devon' UNION SELECT dairy_name FROM dairy WHERE cows > 45	cheese_dairy
SELECT ribbon FROM entry EXCEPT SELECT ribbon FROM entry WHERE votes >= 70	cheese_dairy
SELECT county FROM dairy GROUP BY county ORDER BY count(*) DESC LIMIT 1	cheese_dairy
SELECT T1.cheese_name FROM cheese AS T1 JOIN dairy AS T2 ON T1.dairy_id = T2.dairy_id WHERE T2.county = 'Dorset' ORDER BY T1.fat DESC LIMIT 1	cheese_dairy
SELECT T1.cheese_name FROM cheese AS T1 JOIN dairy AS T2 ON T1.dairy_id = T2.dairy_id WHERE T2.county = 'Dorset' ORDER BY T1.fat DESC LIMIT 1	cheese_dairy
SELECT T1.dairy_name FROM dairy AS T1 JOIN cheese AS T2 ON T1.dairy_id = T2.dairy_id WHERE T2.milk = 'goat' INTERSECT SELECT T1.dairy_name FROM dairy AS T1 JOIN cheese AS T2 ON T1.dairy_id = T2.dairy_id WHERE T2.milk = 'cow'	cheese_dairy
SELECT wall_name FROM wall ORDER BY wall_name ASC	climbing_gym
SELECT wall_name FROM wall ORDER BY wall_name ASC	climbing_gym
SELECT age FROM climber WHERE nickname = 'Peaches'	climbing_gym
SELECT holds FROM route WHERE route_name = 'Sunday Stroll'	climbing_gym
SELECT nickname FROM climber WHERE age BETWEEN 25 AND 40	climbing_gym
SELECT T1.nickname FROM climber AS T1 JOIN route AS T2 ON T1.route_id = T2.route_id WHERE T2.moves > 35	climbing_gym
SELECT T1.nickname FROM climber AS T1 JOIN route AS T2 ON T1.route_id = T2.route_id WHERE T2.moves > 35	climbing_gym
SELECT count(*) FROM route AS T1 JOIN wall AS T2 ON T1.wall_id = T2.wall_id WHERE T2.texture = 'smooth'	climbing_gym
SELECT T1.route_name, T2.wall_name FROM route AS T1 JOIN wall AS T2 ON T1.wall_id = T2.wall_id	climbing_gym
SELECT T1.wall_name, count(*) FROM wall AS T1 JOIN route AS T2 ON T1.wall_id = T2.wall_id GROUP BY T1.wall_id	climbing_gym
SELECT T1.wall_name FROM wall AS T1 JOIN route AS T2 ON T1.wall_id = T2.wall_id GROUP BY T1.wall_id HAVING count(*) = 1	climbing_gym
SELECT T1.route_name, avg(T2.age) FROM route AS T1 JOIN climber AS T2 ON T1.route_id = T2.route_id GROUP BY T1.route_id	climbing_gym
SELECT avg(T1.moves) FROM route AS T1 JOIN wall AS T2 ON T1.wall_id = T2.wall_id WHERE T2.wall_name = 'Cave'	climbing_gym
SELECT membership FROM climber GROUP BY membership ORDER BY avg(falls) DESC LIMIT 1	climbing_gym
SELECT membership FROM climber GROUP BY membership ORDER BY avg(falls) DESC LIMIT 1	climbing_gym
SELECT nickname FROM climber WHERE membership = 'daily' ORDER BY falls DESC LIMIT 1	climbing_gym
SELECT T1.route_name FROM route AS T1 JOIN climber AS T2 ON T1.route_id = T2.route_id ORDER BY T2.falls DESC LIMIT 1	climbing_gym
SELECT nickname FROM climber WHERE membership = 'daily' AND age > (SELECT avg(age) FROM climber)	climbing_gym
SELECT nickname FROM climber WHERE membership = 'daily' AND age > (SELECT avg(age) FROM climber)	climbing_gym
SELECT T1.route_name FROM route AS T1 JOIN wall AS T2 ON T1.wall_id = T2.wall_id WHERE T2.wall_name = 'Big Slab' AND T1.moves > (SELECT avg(moves) FROM route)	climbing_gym
SELECT neighborhood FROM collector GROUP BY neighborhood HAVING count(*) >= 3	comic_shop
SELECT neighborhood FROM collector GROUP BY neighborhood HAVING count(*) >= 3	comic_shop
SELECT title FROM comic	comic_shop
SELECT count(*) FROM publisher	comic_shop
SELECT name FROM publisher WHERE headquarters = 'Seattle'	comic_shop
SELECT DISTINCT T1.title FROM comic AS T1 JOIN collector AS T2 ON T1.comic_id = T2.favorite_comic_id WHERE T2.neighborhood = 'Elm Park'	comic_shop
SELECT DISTINCT T1.title FROM comic AS T1 JOIN collector AS T2 ON T1.comic_id = T2.favorite_comic_id WHERE T2.neighborhood = 'Elm Park'	comic_shop
SELECT name, established FROM publisher	comic_shop
SELECT name, headquarters, established FROM publisher	comic_shop
SELECT name, established FROM publisher WHERE headquarters = 'Denver'	comic_shop
SELECT full_name FROM collector ORDER BY loyalty DESC LIMIT 1	comic_shop
SELECT genre FROM comic ORDER BY copies ASC LIMIT 1	comic_shop
SELECT name FROM publisher ORDER BY established DESC LIMIT 2	comic_shop
SELECT T1.title FROM comic AS T1 JOIN collector AS T2 ON T1.comic_id = T2.favorite_comic_id WHERE T2.neighborhood = 'Elm Park' GROUP BY T1.comic_id HAVING count(*) = 1	comic_shop
SELECT T1.title FROM comic AS T1 JOIN collector AS T2 ON T1.comic_id = T2.favorite_comic_id WHERE T2.neighborhood = 'Elm Park' GROUP BY T1.comic_id HAVING count(*) = 1	comic_shop
SELECT T1.full_name FROM collector AS T1 JOIN comic AS T2 ON T1.favorite_comic_id = T2.comic_id JOIN publisher AS T3 ON T2.publisher_id = T3.publisher_id WHERE T3.headquarters = 'Boston'	comic_shop
SELECT count(*) FROM collector AS T1 JOIN comic AS T2 ON T1.favorite_comic_id = T2.comic_id JOIN publisher AS T3 ON T2.publisher_id = T3.publisher_id WHERE T3.name = 'Thunder House'	comic_shop
SELECT T1.title FROM comic AS T1 JOIN collector AS T2 ON T1.comic_id = T2.favorite_comic_id GROUP BY T1.comic_id ORDER BY avg(T2.loyalty) ASC LIMIT 1	comic_shop
SELECT T1.title FROM comic AS T1 JOIN collector AS T2 ON T1.comic_id = T2.favorite_comic_id GROUP BY T1.comic_id ORDER BY avg(T2.loyalty) ASC LIMIT 1	comic_shop
SELECT count(*) FROM comic WHERE comic_id NOT IN (SELECT favorite_comic_id FROM collector)	comic_shop
SELECT puzzle_name FROM puzzle WHERE clues > 5	escape_rooms
SELECT puzzle_name FROM puzzle WHERE clues > 5	escape_rooms
SELECT count(*) FROM squad WHERE occupation = 'teachers'	escape_rooms
SELECT count(*) FROM room WHERE ticket_price > 30	escape_rooms
SELECT avg(time_limit) FROM room	escape_rooms
SELECT mechanism, count(*) FROM puzzle GROUP BY mechanism	escape_rooms
SELECT mechanism, count(*) FROM puzzle GROUP BY mechanism	escape_rooms
SELECT theme, avg(time_limit) FROM room GROUP BY theme	escape_rooms
SELECT mechanism, min(success_rate) FROM puzzle GROUP BY mechanism	escape_rooms
SELECT squad_name FROM squad WHERE occupation = 'teachers' AND players < 7	escape_rooms
SELECT count(*) FROM squad WHERE occupation = 'students' AND players > 3	escape_rooms
SELECT room_name FROM room WHERE theme = 'science' OR theme = 'crime'	escape_rooms
SELECT room_name FROM room WHERE room_name LIKE '%Haunted%'	escape_rooms
SELECT squad_name FROM squad WHERE players > (SELECT avg(players) FROM squad)	escape_rooms
SELECT squad_name FROM squad WHERE players > (SELECT avg(players) FROM squad)	escape_rooms
SELECT count(*) FROM room WHERE time_limit < (SELECT avg(time_limit) FROM room)	escape_rooms
SELECT room_name FROM room WHERE room_id NOT IN (SELECT room_id FROM squad)	escape_rooms
SELECT T1.room_name FROM room AS T1 JOIN squad AS T2 ON T1.room_id = T2.room_id GROUP BY T1.room_id ORDER BY count(*) DESC LIMIT 1	escape_rooms
SELECT T1.room_name FROM room AS T1 JOIN squad AS T2 ON T1.room_id = T2.room_id GROUP BY T1.room_id ORDER BY count(*) DESC LIMIT 1	escape_rooms
SELECT T1.room_name, count(*) FROM room AS T1 JOIN squad AS T2 ON T1.room_id = T2.room_id GROUP BY T1.room_id ORDER BY count(*) DESC LIMIT 1	escape_rooms
SELECT max(wage) FROM actor	film_studio
SELECT max(wage) FROM actor	film_studio
SELECT sum(trophies) FROM director	film_studio
SELECT DISTINCT agency FROM actor	film_studio
SELECT count(DISTINCT academy) FROM director	film_studio
SELECT director_name FROM director WHERE director_name LIKE 'C%'	film_studio
SELECT director_name FROM director WHERE director_name LIKE 'C%'	film_studio
SELECT min(wage), max(wage) FROM actor	film_studio
SELECT count(*), avg(runtime) FROM movie WHERE genre = 'thriller'	film_studio
SELECT academy, count(*) FROM director GROUP BY academy HAVING count(*) = 2	film_studio
SELECT T1.full_name FROM actor AS T1 JOIN movie AS T2 ON T1.movie_id = T2.movie_id WHERE T2.movie_title = 'Paper Lions'	film_studio
SELECT count(*) FROM actor AS T1 JOIN movie AS T2 ON T1.movie_id = T2.movie_id WHERE T2.movie_title = 'Run Before Dawn'	film_studio
SELECT T1.movie_title FROM movie AS T1 JOIN actor AS T2 ON T1.movie_id = T2.movie_id WHERE T2.full_name = 'Tilda Frost'	film_studio
SELECT movie_title FROM movie WHERE movie_id NOT IN (SELECT movie_id FROM actor WHERE agency = 'Stagefront')	film_studio
SELECT movie_title FROM movie WHERE movie_id NOT IN (SELECT movie_id FROM actor WHERE agency = 'Stagefront')	film_studio
SELECT movie_title FROM movie EXCEPT SELECT T1.movie_title FROM movie AS T1 JOIN actor AS T2 ON T1.movie_id = T2.movie_id WHERE T2.wage > 48000	film_studio
SELECT academy FROM director WHERE trophies > 7 INTERSECT SELECT academy FROM director WHERE trophies < 4	film_studio
SELECT T1.movie_title FROM movie AS T1 JOIN director AS T2 ON T1.director_id = T2.director_id WHERE T2.director_name = 'Agnes Holt' ORDER BY T1.premiered DESC LIMIT 1	film_studio
SELECT T1.movie_title FROM movie AS T1 JOIN director AS T2 ON T1.director_id = T2.director_id WHERE T2.director_name = 'Agnes Holt' ORDER BY T1.premiered DESC LIMIT 1	film_studio
SELECT T1.full_name FROM actor AS T1 JOIN movie AS T2 ON T1.movie_id = T2.movie_id WHERE T2.genre = 'thriller' ORDER BY T1.wage DESC LIMIT 1	film_studio
SELECT lamp_name FROM lamp ORDER BY flashes ASC	lighthouse_trust
SELECT lamp_name FROM lamp ORDER BY flashes ASC	lighthouse_trust
SELECT volunteer_name FROM volunteer ORDER BY volunteer_name ASC	lighthouse_trust
SELECT reach FROM lamp WHERE lamp_name = 'Lima'	lighthouse_trust
SELECT coast FROM lighthouse WHERE lighthouse_name = 'Gannet Rock'	lighthouse_trust
SELECT T1.lamp_name FROM lamp AS T1 JOIN lighthouse AS T2 ON T1.lighthouse_id = T2.lighthouse_id WHERE T2.coast = 'west'	lighthouse_trust
SELECT T1.lamp_name FROM lamp AS T1 JOIN lighthouse AS T2 ON T1.lighthouse_id = T2.lighthouse_id WHERE T2.coast = 'west'	lighthouse_trust
SELECT T1.lamp_name FROM lamp AS T1 JOIN lighthouse AS T2 ON T1.lighthouse_id = T2.lighthouse_id WHERE T2.steps >= 260	lighthouse_trust
SELECT count(*) FROM volunteer AS T1 JOIN lighthouse AS T2 ON T1.lighthouse_id = T2.lighthouse_id WHERE T2.coast = 'south'	lighthouse_trust
SELECT T1.volunteer_name, T2.lighthouse_name FROM volunteer AS T1 JOIN lighthouse AS T2 ON T1.lighthouse_id = T2.lighthouse_id	lighthouse_trust
SELECT T1.lighthouse_name, count(*) FROM lighthouse AS T1 JOIN repair AS T2 ON T1.lighthouse_id = T2.lighthouse_id GROUP BY T1.lighthouse_id	lighthouse_trust
SELECT T1.lighthouse_name FROM lighthouse AS T1 JOIN repair AS T2 ON T1.lighthouse_id = T2.lighthouse_id GROUP BY T1.lighthouse_id HAVING count(*) >= 2	lighthouse_trust
SELECT T1.lighthouse_name, avg(T2.bill) FROM lighthouse AS T1 JOIN repair AS T2 ON T1.lighthouse_id = T2.lighthouse_id GROUP BY T1.lighthouse_id	lighthouse_trust
SELECT lighthouse_name FROM lighthouse WHERE coast = 'east' UNION SELECT lighthouse_name FROM lighthouse WHERE lit < 1925	lighthouse_trust
SELECT lighthouse_name FROM lighthouse WHERE coast = 'east' UNION SELECT lighthouse_name FROM lighthouse WHERE lit < 1925	lighthouse_trust
SELECT coast FROM lighthouse EXCEPT SELECT coast FROM lighthouse WHERE lit > 1900	lighthouse_trust
SELECT hue FROM lamp GROUP BY hue ORDER BY count(*) DESC LIMIT 1	lighthouse_trust
SELECT T1.lighthouse_name FROM lighthouse AS T1 JOIN volunteer AS T2 ON T1.lighthouse_id = T2.lighthouse_id WHERE T2.task = 'tours' INTERSECT SELECT T1.lighthouse_name FROM lighthouse AS T1 JOIN volunteer AS T2 ON T1.lighthouse_id = T2.lighthouse_id WHERE T2.task = 'painting'	lighthouse_trust
SELECT T1.lighthouse_name FROM lighthouse AS T1 JOIN volunteer AS T2 ON T1.lighthouse_id = T2.lighthouse_id WHERE T2.task = 'tours' INTERSECT SELECT T1.lighthouse_name FROM lighthouse AS T1 JOIN volunteer AS T2 ON T1.lighthouse_id = T2.lighthouse_id WHERE T2.task = 'painting'	lighthouse_trust
SELECT volunteer_name FROM volunteer WHERE task = 'painting' AND hours < (SELECT avg(hours) FROM volunteer)	lighthouse_trust
SELECT title FROM pot WHERE asking_price BETWEEN 75 AND 260	pottery_studio
SELECT title FROM pot WHERE asking_price BETWEEN 75 AND 260	pottery_studio
SELECT technique FROM potter GROUP BY technique HAVING count(*) = 2	pottery_studio
SELECT potter_name FROM potter	pottery_studio
SELECT count(*) FROM kiln	pottery_studio
SELECT avg(T1.asking_price) FROM pot AS T1 JOIN potter AS T2 ON T1.potter_id = T2.potter_id WHERE T2.potter_name = 'Ingrid Moen'	pottery_studio
SELECT avg(T1.asking_price) FROM pot AS T1 JOIN potter AS T2 ON T1.potter_id = T2.potter_id WHERE T2.potter_name = 'Ingrid Moen'	pottery_studio
SELECT DISTINCT T1.potter_name FROM potter AS T1 JOIN pot AS T2 ON T1.potter_id = T2.potter_id WHERE T2.glaze = 'celadon'	pottery_studio
SELECT potter_name, apprenticed FROM potter	pottery_studio
SELECT potter_name, technique, apprenticed FROM potter	pottery_studio
SELECT potter_name, apprenticed FROM potter WHERE technique = 'raku'	pottery_studio
SELECT potter_name FROM potter ORDER BY apprenticed ASC LIMIT 1	pottery_studio
SELECT fuel FROM kiln ORDER BY max_temperature ASC LIMIT 1	pottery_studio
SELECT DISTINCT T1.potter_name FROM potter AS T1 JOIN pot AS T2 ON T1.potter_id = T2.potter_id JOIN kiln AS T3 ON T2.kiln_id = T3.kiln_id WHERE T3.name = 'Ember Queen'	pottery_studio
SELECT DISTINCT T1.potter_name FROM potter AS T1 JOIN pot AS T2 ON T1.potter_id = T2.potter_id JOIN kiln AS T3 ON T2.kiln_id = T3.kiln_id WHERE T3.name = 'Ember Queen'	pottery_studio
SELECT fuel FROM kiln GROUP BY fuel ORDER BY avg(max_temperature) DESC LIMIT 1	pottery_studio
SELECT title FROM pot WHERE glaze = 'shino' ORDER BY diameter ASC LIMIT 1	pottery_studio
SELECT T1.title FROM pot AS T1 JOIN potter AS T2 ON T1.potter_id = T2.potter_id WHERE T2.potter_name = 'Hamish Clay' AND T1.diameter > (SELECT avg(diameter) FROM pot)	pottery_studio
SELECT T1.title FROM pot AS T1 JOIN potter AS T2 ON T1.potter_id = T2.potter_id WHERE T2.potter_name = 'Hamish Clay' AND T1.diameter > (SELECT avg(diameter) FROM pot)	pottery_studio
SELECT T1.name FROM kiln AS T1 JOIN pot AS T2 ON T1.kiln_id = T2.kiln_id GROUP BY T1.kiln_id ORDER BY avg(T2.diameter) DESC LIMIT 1	pottery_studio
SELECT surname FROM instructor WHERE discipline = 'racing'	ski_resort
SELECT surname FROM instructor WHERE discipline = 'racing'	ski_resort
SELECT surname FROM instructor WHERE hourly_fee < 85	ski_resort
SELECT count(*) FROM instructor WHERE discipline = 'snowboarding'	ski_resort
SELECT count(*) FROM instructor WHERE hourly_fee < 80	ski_resort
SELECT surname FROM instructor ORDER BY hourly_fee DESC LIMIT 4	ski_resort
SELECT surname FROM instructor ORDER BY hourly_fee DESC LIMIT 4	ski_resort
SELECT discipline, count(*) FROM instructor GROUP BY discipline	ski_resort
SELECT canton, avg(lifts) FROM resort GROUP BY canton	ski_resort
SELECT marking, max(length) FROM slope GROUP BY marking	ski_resort
SELECT surname FROM instructor WHERE discipline = 'racing' AND hourly_fee < 80	ski_resort
SELECT count(*) FROM slope WHERE marking = 'blue' AND length > 1800	ski_resort
SELECT name FROM resort WHERE canton = 'Valais' OR canton = 'Uri'	ski_resort
SELECT T1.name FROM resort AS T1 JOIN instructor AS T2 ON T1.resort_id = T2.resort_id ORDER BY T2.hourly_fee DESC LIMIT 1	ski_resort
SELECT T1.name FROM resort AS T1 JOIN instructor AS T2 ON T1.resort_id = T2.resort_id ORDER BY T2.hourly_fee DESC LIMIT 1	ski_resort
SELECT T1.name FROM resort AS T1 JOIN slope AS T2 ON T1.resort_id = T2.resort_id WHERE T2.marking = 'red' GROUP BY T1.resort_id HAVING count(*) = 2	ski_resort
SELECT surname FROM instructor WHERE hourly_fee > (SELECT avg(hourly_fee) FROM instructor)	ski_resort
SELECT count(*) FROM resort WHERE resort_id NOT IN (SELECT resort_id FROM slope)	ski_resort
SELECT count(*) FROM resort WHERE resort_id NOT IN (SELECT resort_id FROM slope)	ski_resort
SELECT T1.name FROM resort AS T1 JOIN instructor AS T2 ON T1.resort_id = T2.resort_id GROUP BY T1.resort_id ORDER BY count(*) DESC LIMIT 1	ski_resort
SELECT avg(bunks) FROM cabin	summer_camp
SELECT avg(bunks) FROM cabin	summer_camp
SELECT max(summers) FROM counselor	summer_camp
SELECT sum(bunks) FROM cabin	summer_camp
SELECT DISTINCT home_state FROM camper	summer_camp
SELECT cabin_name FROM cabin WHERE cabin_name LIKE '%Moose%'	summer_camp
SELECT cabin_name FROM cabin WHERE cabin_name LIKE '%Moose%'	summer_camp
SELECT full_name FROM counselor WHERE full_name LIKE 'M%'	summer_camp
SELECT min(summers), max(summers) FROM counselor	summer_camp
SELECT count(*), avg(age) FROM camper WHERE home_state = 'Texas'	summer_camp
SELECT shore, count(*) FROM cabin GROUP BY shore HAVING count(*) > 2	summer_camp
SELECT T1.nickname FROM camper AS T1 JOIN cabin AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.cabin_name = 'Falcon'	summer_camp
SELECT count(*) FROM camper AS T1 JOIN cabin AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.cabin_name = 'Lynx'	summer_camp
SELECT count(*) FROM camper WHERE age > (SELECT avg(age) FROM camper)	summer_camp
SELECT count(*) FROM camper WHERE age > (SELECT avg(age) FROM camper)	summer_camp
SELECT cabin_name FROM cabin WHERE cabin_id NOT IN (SELECT cabin_id FROM counselor)	summer_camp
SELECT cabin_name FROM cabin WHERE cabin_id NOT IN (SELECT cabin_id FROM counselor WHERE craft = 'canoeing')	summer_camp
SELECT T1.cabin_name, count(*) FROM cabin AS T1 JOIN counselor AS T2 ON T1.cabin_id = T2.cabin_id GROUP BY T1.cabin_id ORDER BY count(*) DESC LIMIT 1	summer_camp
SELECT T1.cabin_name, count(*) FROM cabin AS T1 JOIN counselor AS T2 ON T1.cabin_id = T2.cabin_id GROUP BY T1.cabin_id ORDER BY count(*) DESC LIMIT 1	summer_camp
SELECT T1.nickname FROM camper AS T1 JOIN cabin AS T2 ON T1.cabin_id = T2.cabin_id WHERE T2.cabin_name = 'Falcon' ORDER BY T1.badges ASC LIMIT 1	summer_camp
SELECT count(DISTINCT sommelier) FROM tasting	tea_house
SELECT count(DISTINCT sommelier) FROM tasting	tea_house
SELECT tea_name FROM tea ORDER BY cost DESC	tea_house
SELECT tea_name FROM tea ORDER BY tea_name ASC	tea_house
SELECT elevation FROM plantation WHERE name = 'Dragon Terrace'	tea_house
SELECT T1.name FROM plantation AS T1 JOIN tea AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.tea_name = 'Spring Snail'	tea_house
SELECT T1.name FROM plantation AS T1 JOIN tea AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.tea_name = 'Spring Snail'	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN plantation AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.province = 'Yunnan'	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN plantation AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.pickers < 85	tea_house
SELECT count(*) FROM tea AS T1 JOIN plantation AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.province = 'Yunnan'	tea_house
SELECT T1.tea_name, T2.name FROM tea AS T1 JOIN plantation AS T2 ON T1.plantation_id = T2.plantation_id	tea_house
SELECT T1.tea_name, count(*) FROM tea AS T1 JOIN tasting AS T2 ON T1.tea_id = T2.tea_id GROUP BY T1.tea_id	tea_house
SELECT T1.name FROM plantation AS T1 JOIN tea AS T2 ON T1.plantation_id = T2.plantation_id GROUP BY T1.plantation_id HAVING count(*) > 2	tea_house
SELECT count(*) FROM tasting AS T1 JOIN tea AS T2 ON T1.tea_id = T2.tea_id JOIN plantation AS T3 ON T2.plantation_id = T3.plantation_id WHERE T3.name = 'Crane Lake'	tea_house
SELECT count(*) FROM tasting AS T1 JOIN tea AS T2 ON T1.tea_id = T2.tea_id JOIN plantation AS T3 ON T2.plantation_id = T3.plantation_id WHERE T3.name = 'Crane Lake'	tea_house
SELECT name FROM plantation EXCEPT SELECT T1.name FROM plantation AS T1 JOIN tea AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.cost < 20	tea_house
SELECT variety FROM tea WHERE cost > 25 INTERSECT SELECT variety FROM tea WHERE cost < 20	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN plantation AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.province = 'Zhejiang' ORDER BY T1.cost DESC LIMIT 1	tea_house
SELECT T1.tea_name FROM tea AS T1 JOIN plantation AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.province = 'Zhejiang' ORDER BY T1.cost DESC LIMIT 1	tea_house
SELECT T1.name FROM plantation AS T1 JOIN tea AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.variety = 'green' INTERSECT SELECT T1.name FROM plantation AS T1 JOIN tea AS T2 ON T1.plantation_id = T2.plantation_id WHERE T2.variety = 'black'	tea_house
SELECT binding FROM book WHERE book_title = 'The Salt Road'	town_library
SELECT binding FROM book WHERE book_title = 'The Salt Road'	town_library
SELECT borrower_name FROM borrower WHERE overdue BETWEEN 8 AND 35	town_library
SELECT homeland FROM author GROUP BY homeland HAVING count(*) = 2	town_library
SELECT borrower_name FROM borrower	town_library
SELECT T1.author_name, avg(T2.pages) FROM author AS T1 JOIN book AS T2 ON T1.author_id = T2.author_id GROUP BY T1.author_id	town_library
SELECT T1.author_name, avg(T2.pages) FROM author AS T1 JOIN book AS T2 ON T1.author_id = T2.author_id GROUP BY T1.author_id	town_library
SELECT avg(T1.pages) FROM book AS T1 JOIN author AS T2 ON T1.author_id = T2.author_id WHERE T2.author_name = 'Arun Desai'	town_library
SELECT DISTINCT T1.book_title FROM book AS T1 JOIN loan AS T2 ON T1.book_id = T2.book_id WHERE T2.counter = 'front'	town_library
SELECT author_name, born FROM author	town_library
SELECT author_name, homeland, born FROM author	town_library
SELECT book_title, pages FROM book WHERE binding = 'hardcover'	town_library
SELECT author_name FROM author ORDER BY born DESC LIMIT 1	town_library
SELECT DISTINCT T1.borrower_name FROM borrower AS T1 JOIN loan AS T2 ON T1.borrower_id = T2.borrower_id JOIN book AS T3 ON T2.book_id = T3.book_id WHERE T3.book_title = 'Winter Light'	town_library
SELECT DISTINCT T1.borrower_name FROM borrower AS T1 JOIN loan AS T2 ON T1.borrower_id = T2.borrower_id JOIN book AS T3 ON T2.book_id = T3.book_id WHERE T3.book_title = 'Winter Light'	town_library
SELECT borrower_name FROM borrower WHERE parish = 'Saint Mary' UNION SELECT borrower_name FROM borrower WHERE overdue < 25	town_library
SELECT parish FROM borrower EXCEPT SELECT parish FROM borrower WHERE overdue > 35	town_library
SELECT borrower_name FROM borrower WHERE parish = 'Holy Cross' AND overdue < (SELECT avg(overdue) FROM borrower)	town_library
SELECT borrower_name FROM borrower WHERE parish = 'Holy Cross' AND overdue < (SELECT avg(overdue) FROM borrower)	town_library
SELECT T1.book_title FROM book AS T1 JOIN author AS T2 ON T1.author_id = T2.author_id WHERE T2.author_name = 'Mateo Rivas' AND T1.pages < (SELECT avg(pages) FROM book)	town_library
SELECT count(*) FROM driver	tram_network
SELECT count(*) FROM driver	tram_network
SELECT stop_name FROM stop WHERE zone = 'outer'	tram_network
SELECT stop_name FROM stop WHERE benches > 3	tram_network
SELECT count(*) FROM driver WHERE contract = 'seasonal'	tram_network
SELECT operator FROM line ORDER BY electrified DESC LIMIT 1	tram_network
SELECT operator FROM line ORDER BY electrified DESC LIMIT 1	tram_network
SELECT line_name FROM line ORDER BY electrified DESC LIMIT 2	tram_network
SELECT operator, count(*) FROM line GROUP BY operator	tram_network
SELECT contract, avg(pay) FROM driver GROUP BY contract	tram_network
SELECT operator, min(electrified) FROM line GROUP BY operator	tram_network
SELECT driver_name FROM driver WHERE contract = 'part-time' AND complaints < 3	tram_network
SELECT count(*) FROM driver WHERE contract = 'full-time' AND pay < 42000	tram_network
SELECT operator FROM line GROUP BY operator ORDER BY count(*) DESC LIMIT 1	tram_network
SELECT operator FROM line GROUP BY operator ORDER BY count(*) DESC LIMIT 1	tram_network
SELECT contract FROM driver GROUP BY contract ORDER BY avg(pay) DESC LIMIT 1	tram_network
SELECT stop_name FROM stop WHERE zone = 'inner' ORDER BY benches ASC LIMIT 1	tram_network
SELECT T1.line_name FROM line AS T1 JOIN stop AS T2 ON T1.line_id = T2.line_id GROUP BY T1.line_id ORDER BY avg(T2.benches) ASC LIMIT 1	tram_network
SELECT T1.line_name FROM line AS T1 JOIN stop AS T2 ON T1.line_id = T2.line_id GROUP BY T1.line_id ORDER BY avg(T2.benches) ASC LIMIT 1	tram_network
SELECT count(*) FROM line WHERE line_id NOT IN (SELECT line_id FROM stop)	tram_network
